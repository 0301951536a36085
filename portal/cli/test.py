"""`watchlight test`: run the tests of this clone with the parts that are really there."""

import subprocess
import sys
from pathlib import Path

import typer

from portal.cli import say

CLONE = Path(__file__).resolve().parents[2]


def add_to(app: typer.Typer) -> None:
    """Add the command to `watchlight`."""
    app.command("test", context_settings={"allow_extra_args": True, "ignore_unknown_options": True})(test)


def test(context: typer.Context) -> None:
    """Run the tests; anything after `test` goes to pytest."""
    if not (CLONE / "tests").is_dir():
        say.fail("The tests live in a clone of the repository: run ./watchlight test there.")
    wanted = context.args or ["-n", "auto"]  # all of them: on every core
    done = subprocess.run([sys.executable, "-m", "pytest", *wanted], cwd=CLONE, check=False)
    raise typer.Exit(done.returncode)
