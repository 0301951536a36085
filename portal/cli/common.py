"""`watchlight common`: pictures that are no evidence for anybody, such as logos and memes. Fingerprints only."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from portal.cli import say
from portal.cli.registry_door import opened

if TYPE_CHECKING:
    from matchers import Index
    from matchers.common import CommonPicture, CommonPictures
    from registry.proposals import Proposal

group = typer.Typer(help="Pictures of which no likeness is told.", no_args_is_help=True)


def add_to(app: typer.Typer) -> None:
    """Add the commands to `watchlight`."""
    app.add_typer(group, name="common")


Anyway = Annotated[bool, typer.Option("--anyway", help="Although a photo or a person speaks against it.")]


@group.command()
def add(
    files: Annotated[list[Path], typer.Argument(help="Picture files.", show_default=False)], anyway: Anyway = False
) -> None:
    """Mark pictures as common, from the next search on. The files themselves are not kept."""
    from matchers import Unhashable
    from matchers.frames import frames

    pictures, enrolled, refused = _pictures(), None if anyway else _enrolled(), 0
    for file in files:
        try:
            seen = frames(file.read_bytes())
        except (Unhashable, OSError) as error:
            typer.echo(f"{file}: {error}", err=True)
            refused += 1
            continue
        if enrolled is not None and any(enrolled.search(frame.fingerprint) for frame in seen):
            typer.echo(
                f"{file}: a photo that somebody enrolled looks like it. Marked as common, copies of that photo would "
                "be told to nobody. If it is a logo, a meme or a stock photo all the same, add --anyway.",
                err=True,
            )
            refused += 1
            continue
        say.line(f"{pictures.add(file.name, seen)}  {file.name}: no likeness to it is told from now on.")
    if refused:
        raise typer.Exit(say.WRONG_USE)


@group.command("list")
def list_(as_json: Annotated[bool, typer.Option("--json", help="One JSON object per line.")] = False) -> None:
    """List the common pictures, and those that people's dismissals propose: counts, and an id that tells nothing."""
    from registry import dismissals, proposals

    pictures = _pictures()
    with opened() as registry, registry.reading() as tx:
        told, proposed = dismissals.counts(tx), proposals.proposals(tx, pictures.known())
    if as_json:
        _list_json(pictures.all(), proposed)
        return
    for each in pictures.all():
        old = "" if each.is_current else "; made by an older version, does nothing: add it again"
        say.line(f"{each.id}  {each.name}  {each.added_at:%Y-%m-%d}  {each.patches} patches{old}")
    say.line(f"Dismissed by people: {told['not-me']} as not-me, {told['own-publication']} as own-publication.")
    for one in proposed:
        say.line(
            f"Proposed: {one.id}, dismissed as not-me for {one.photos} photos of {one.people} people in "
            f"{one.exposures} finds; {one.others} others were shown it, {one.confirmed} sent a notice. "
            f"`watchlight common accept {one.id}`"
        )


def _list_json(pictures: "list[CommonPicture]", proposed: "list[Proposal]") -> None:
    for each in pictures:
        size = {"frames": len(each.frames), "patches": each.patches, "current": each.is_current}
        say.json_line({"id": each.id, "name": each.name, "added": each.added_at, **size})
    for one in proposed:
        counted = ("id", "photos", "people", "exposures", "others", "confirmed")
        say.json_line({"proposed": {name: getattr(one, name) for name in counted}})


@group.command()
def accept(
    proposal: Annotated[str, typer.Argument(help="The id that `watchlight common list` shows.", show_default=False)],
    anyway: Anyway = False,
) -> None:
    """Mark a proposed picture as common, from the next search on."""
    from registry import proposals

    pictures = _pictures()
    with opened() as registry, registry.transaction("cli") as tx:
        chosen = proposals.proposal(tx, proposal)
        if chosen.confirmed and not anyway:
            say.fail(
                f"{chosen.confirmed} people sent a notice about this picture: for them it is a find, and marked as "
                "common it would be told to nobody. If it is common all the same, add --anyway."
            )
        number = pictures.add(f"proposal {chosen.id}", chosen.frames)
    say.line(f"{number}  proposal {chosen.id}: no likeness to it is told from now on.")


@group.command()
def remove(number: Annotated[int, typer.Argument(help="The number that `watchlight common list` shows.")]) -> None:
    """Let likenesses to a picture be told again."""
    if not _pictures().remove(number):
        say.fail(f"There is no common picture {number}: `watchlight common list` shows those there are.")
    say.line("Removed: likenesses to it are told again. `watchlight match --retro` looks back for those missed.")


def _enrolled() -> "Index":
    """Return the index of everybody who consents now."""
    from alerts.triage import LiveIndex

    live = LiveIndex()
    with opened() as registry:
        live.refresh(registry)
    return live.index


def _pictures() -> "CommonPictures":
    from crawler.errors import StoreUnavailable
    from crawler.store import CrawlStore

    try:
        return CrawlStore.open().log.common
    except StoreUnavailable as error:
        say.fail(str(error), code=say.FAILURE)
