"""`watchlight common`: pictures that are no evidence for anybody, such as logos and memes. Fingerprints only."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from portal.cli import say
from portal.cli.registry_door import opened

if TYPE_CHECKING:
    from matchers.common import CommonPictures

group = typer.Typer(help="Pictures of which no likeness is told.", no_args_is_help=True)


def add_to(app: typer.Typer) -> None:
    """Add the commands to `watchlight`."""
    app.add_typer(group, name="common")


@group.command()
def add(files: Annotated[list[Path], typer.Argument(help="Picture files.", show_default=False)]) -> None:
    """Mark pictures as common, from the next search on. The files themselves are not kept."""
    from matchers import Unhashable
    from matchers.frames import frames

    pictures, refused = _pictures(), 0
    for file in files:
        try:
            number = pictures.add(file.name, frames(file.read_bytes()))
        except (Unhashable, OSError) as error:
            typer.echo(f"{file}: {error}", err=True)
            refused += 1
            continue
        say.line(f"{number}  {file.name}: no likeness to it is told from now on.")
    if refused:
        raise typer.Exit(say.WRONG_USE)


@group.command("list")
def list_(as_json: Annotated[bool, typer.Option("--json", help="One JSON object per line.")] = False) -> None:
    """List the common pictures, and how many exposures people dismissed: a hint that one may be missing here."""
    from registry import dismissals

    for each in _pictures().all():
        if as_json:
            say.json_line({"id": each.id, "name": each.name, "added": each.added_at, "frames": len(each.frames)})
        else:
            say.line(f"{each.id}  {each.name}  {each.added_at:%Y-%m-%d}")
    if not as_json:
        with opened() as registry, registry.reading() as tx:
            told = dismissals.counts(tx)
        say.line(f"Dismissed by people: {told['not-me']} as not-me, {told['own-publication']} as own-publication.")


@group.command()
def remove(number: Annotated[int, typer.Argument(help="The number that `watchlight common list` shows.")]) -> None:
    """Let likenesses to a picture be told again."""
    if not _pictures().remove(number):
        say.fail(f"There is no common picture {number}: `watchlight common list` shows those there are.")
    say.line("Removed: likenesses to it are told again. `watchlight match --retro` looks back for those missed.")


def _pictures() -> "CommonPictures":
    from crawler.errors import StoreUnavailable
    from crawler.store import CrawlStore

    try:
        return CrawlStore.open().log.common
    except StoreUnavailable as error:
        say.fail(str(error), code=say.FAILURE)
