"""`watchlight target candidates|accept|decline|kin`: rooms that were met and are not watched, with the evidence."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from portal.cli import say
from portal.cli.crawl_door import open_store
from portal.cli.target import Json, group

if TYPE_CHECKING:
    from crawler.discovery.candidates import Candidate

SHOWN = 3

Number = Annotated[int, typer.Argument(metavar="ID", help="The number that `target candidates` shows.")]


@group.command("candidates")
def candidates(
    everything: Annotated[bool, typer.Option("--all", help="Also those that were accepted or declined.")] = False,
    as_json: Json = False,
) -> None:
    """Show rooms that were met and are not watched, and why they are proposed. None is crawled unasked."""
    store = open_store()
    store.candidates.gather(datetime.now(UTC))
    found = store.candidates.all(*(("open", "accepted", "declined") if everything else ()))
    watched = store.targets.all()
    if not found and not as_json:
        say.line("There are no candidates: no announced room, and no room beside a match, that is not watched already.")
    for one in found:
        kin = store.kin.of_candidate(one, watched)
        if as_json:
            say.json_line({**one.to_dict(), "kin": [each.to_dict() for each in kin]})
            continue
        state = "" if one.state == "open" else f"  ({one.state}{f' as {one.target}' if one.target else ''})"
        say.line(f"{one.id:<5} {one.kind:<10} {one.address}{state}")
        for each in kin:
            say.line(f"      {each.in_words()}")
        _evidence(one)
    if any(one.state == "open" for one in found) and not as_json:
        say.line("Watch one with: watchlight target accept ID   Never propose it again: watchlight target decline ID")


def _evidence(candidate: "Candidate") -> None:
    from crawler.discovery.accepting import WHY

    for one in candidate.evidence[:SHOWN]:
        say.line(f"      {WHY.get(one.why, one.why)}, {one.seen_at:%Y-%m-%d %H:%M} UTC, on {one.page_url}")
        if one.words:
            say.line(f"        “{one.words[:160]}”")
    if len(candidate.evidence) > SHOWN:
        say.line(f"      and {len(candidate.evidence) - SHOWN} more places")


@group.command("accept")
def accept(
    number: Number,
    name: Annotated[str | None, typer.Option(help="A name of your own (made from the address).")] = None,
    kind: Annotated[str | None, typer.Option(help="Which spider looks at it (the one that suits the address).")] = None,
    depth: Annotated[int, typer.Option(help="Links away from the start.")] = 2,
    as_json: Json = False,
) -> None:
    """Watch a candidate: it becomes a target, with the evidence as its reason."""
    from crawler.discovery.accepting import as_target
    from crawler.errors import CrawlerError

    store = open_store()
    try:
        candidate = store.candidates.get(number)
        if candidate.state == "accepted":
            say.fail(f"Candidate {number} is a target already: {candidate.target}.")
        target = as_target(candidate, name=name, kind=kind, depth=depth)
        store.candidates.accept(number, target, datetime.now(UTC))
    except CrawlerError as error:
        say.fail(str(error))
    if as_json:
        say.json_line(target.to_dict())
    else:
        say.line(f"Added {target.name} ({target.kind}). Look at it now with: watchlight crawl {target.name}")


@group.command("decline")
def decline(number: Number) -> None:
    """Never propose this candidate again."""
    from crawler.errors import UnknownCandidate

    try:
        open_store().candidates.decline(number, datetime.now(UTC))
    except UnknownCandidate as error:
        say.fail(str(error))
    say.line(f"Declined {number}. It is not proposed again.")


@group.command("kin")
def kin(name: str, as_json: Json = False) -> None:
    """Show what a place shares with the others: successors of rooms that closed, mirrors, relations."""
    from crawler.errors import UnknownTarget

    store: Any = open_store()
    try:
        target = store.targets.get(name)
    except UnknownTarget as error:
        say.fail(str(error))
    found = store.kin.of_target(target, store.targets.all())
    if not found and not as_json:
        say.line("It shares no pictures, names or links with any other place.")
    for one in found:
        if as_json:
            say.json_line(one.to_dict())
        else:
            say.line(f"{one.room} {one.in_words()}")
