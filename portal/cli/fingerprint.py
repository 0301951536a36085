"""`watchlight fingerprint FILE...`: the hashes of picture files, to look at or to hand to another tool."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from portal.cli import say
from portal.cli.heads import HELP, head_box

if TYPE_CHECKING:
    from matchers.fingerprint import Box


def add_to(app: typer.Typer) -> None:
    """Add the command to `watchlight`."""
    app.command("fingerprint")(fingerprint)


def fingerprint(
    files: Annotated[list[Path], typer.Argument(help="Picture files.", show_default=False)],
    head: Annotated[str | None, typer.Option(help=HELP, show_default=False, metavar="X,Y,W,H")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line.")] = False,
) -> None:
    """Show the fingerprint of each picture. Nothing is stored and nothing is sent."""
    box = head_box(head)
    refused = [file for file in files if not _show(file, box, as_json)]
    if refused:
        raise typer.Exit(say.WRONG_USE)


def _show(file: Path, head: "Box | None", as_json: bool) -> bool:
    """Print one file's fingerprint; False, with a sentence on stderr, where there is none."""
    from matchers import Unhashable
    from matchers import fingerprint as make

    try:
        made = make(file.read_bytes(), head=head)
    except Unhashable as refusal:
        typer.echo(f"{file}: {refusal}", err=True)
        return False
    except OSError as error:
        typer.echo(f"{file}: cannot be read ({error.strerror}). Check the name and the permissions.", err=True)
        return False
    if as_json:
        say.json_line({"file": str(file), **made.to_json()})
        return True
    witness = made.witness.hex if made.witness else "-"
    say.line(f"{file}: {made.width} x {made.height}, quality {made.quality}")
    say.line(f"  pdq   {made.whole[0].hex}")
    say.line(f"  phash {witness}")
    return True
