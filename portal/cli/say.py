"""How the command line speaks: results to stdout, errors to stderr with what to do next."""

import json
import sys
from typing import Any, NoReturn

import typer

WRONG_USE = 2
FAILURE = 1


def fail(message: str, *, code: int = WRONG_USE) -> NoReturn:
    """Print one clear sentence to stderr and leave: 2 for wrong use or input, 1 for a failure of ours."""
    typer.echo(message, err=True)
    raise typer.Exit(code)


def json_line(record: dict[str, Any]) -> None:
    """Print one record as one line of JSON on stdout."""
    sys.stdout.write(json.dumps(record, ensure_ascii=False, default=str) + "\n")


def line(text: str = "") -> None:
    """Print one plain line on stdout."""
    typer.echo(text)
