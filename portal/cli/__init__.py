"""The `watchlight` command: every file in this folder is one command group, found by walking the folder.

A command file imports nothing heavy at its top (scrapy, fastapi and sqlalchemy cost 0.3-2.3 s each); it has
one function `add_to(app)` and imports what it needs inside its commands.
"""

import importlib
import pkgutil
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import typer

INTERRUPTED = 130
"""What a shell expects of a program that Ctrl-C ended."""


def build() -> "typer.Typer":
    """Return the command-line application with every command group of this folder."""
    import typer

    app = typer.Typer(
        name="watchlight",
        help="Find copies of opted-in photos on public pages, tell the person, ready the notice.",
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
    )
    for module in pkgutil.iter_modules(__path__):
        group = importlib.import_module(f"{__name__}.{module.name}")
        if hasattr(group, "add_to"):
            group.add_to(app)
    return app


def main() -> None:
    """Entry point of the installed `watchlight` command."""
    try:
        build()()
    except KeyboardInterrupt:  # while it was still importing: later each command says what its end means
        sys.exit(INTERRUPTED)
