"""`watchlight bench`: run a benchmark of this clone."""

import subprocess
import sys

import typer

from portal.cli import say
from portal.cli.test import CLONE


def add_to(app: typer.Typer) -> None:
    """Add the command to `watchlight`."""
    app.command("bench", context_settings={"allow_extra_args": True, "ignore_unknown_options": True})(bench)


def bench(context: typer.Context) -> None:
    """Run a benchmark, e.g. `bench cost`; without a name, say which there are."""
    if not (CLONE / "benchmarks").is_dir():
        say.fail("The benchmarks live in a clone of the repository: run ./watchlight bench there.")
    done = subprocess.run([sys.executable, "-m", "benchmarks", *context.args], cwd=CLONE, check=False)
    raise typer.Exit(done.returncode)
