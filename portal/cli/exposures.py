"""`watchlight exposures` and `watchlight exposure show`: where copies were found, for whoever acts on them."""

from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

import typer

from portal.cli import say
from portal.cli.registry_door import opened

if TYPE_CHECKING:
    from registry.cases import Exposure
    from registry.transaction import Transaction

group = typer.Typer(help="One exposure.", no_args_is_help=True)
Json = Annotated[bool, typer.Option("--json", help="One JSON object per line.")]
WITHHELD = "withheld: this person is under age; the police and the hotline act on the page"


def add_to(app: typer.Typer) -> None:
    """Add the commands to `watchlight`."""
    app.command("exposures")(exposures)
    app.add_typer(group, name="exposure")


def exposures(
    person: Annotated[str | None, typer.Option(help="Only this person's.")] = None,
    state: Annotated[str | None, typer.Option(help="new, told, noticed, gone, dismissed or held.")] = None,
    every: Annotated[bool, typer.Option("--all", help="Each page on a line of its own.")] = False,
    as_json: Json = False,
) -> None:
    """List where copies were found, newest first; a picture on many pages is one line. Addresses of minors stay hidden.

    JSON has a line for each page; those with one `story` show the same picture.
    """
    from registry import cases, people

    with opened() as registry, registry.reading() as tx:
        whose = people.find(tx, person) if person else None
        found = cases.exposures(tx, whose, states=[state] if state else None)
        records = [_record(tx, each) for each in found]
    for record in records if as_json else []:
        say.json_line(record)
    for record, more in [] if as_json else _told(records, every=every):
        short = str(record["id"])[:8]
        say.line(f"{short}  {record['state']:<9} {record['person']}  {record['kind']}  {record['page_url']}{more}")
    if not records and not as_json:
        say.line("Nothing was found so far. `watchlight crawl` looks, `watchlight match` compares.")


def _told(records: list[dict[str, Any]], *, every: bool) -> list[tuple[dict[str, Any], str]]:
    """Return the records to show, each with how many other pages it stands for."""
    stories: dict[Any, list[dict[str, Any]]] = {}
    for record in records:
        stories.setdefault(record["id"] if every else record["story"], []).append(record)
    return [(some[0], f"  (and {len(some) - 1} more: --all)" if len(some) > 1 else "") for some in stories.values()]


@group.command()
def show(
    exposure: Annotated[str, typer.Argument(help="The exposure's id, or its first signs.")],
    as_json: Json = False,
) -> None:
    """Show one exposure with its letters and re-checks. Looking at it is written to the audit trail."""
    from portal.cli.notice_tracking import in_words, where_it_stands
    from registry import audit

    with opened() as registry, registry.transaction("cli") as tx:
        found = chosen(tx, exposure)
        record = _record(tx, found) | _history(tx, found) | {"progress": where_it_stands(tx, found).as_json()}
        audit.append(tx, tx.actor, "exposure-shown", found.id)
    if as_json:
        say.json_line(record)
        return
    for name, value in record.items():
        if not isinstance(value, list | dict):
            say.line(f"{name:<12} {value}")
    for name in ("notices", "verdicts"):
        for each in record[name]:
            say.line(f"{name[:-1]:<12} " + ", ".join(f"{key} {value}" for key, value in each.items() if value))
    for line in in_words(record["progress"]):
        say.line(line)


@group.command()
def dismiss(
    exposure: Annotated[str, typer.Argument(help="The exposure's id, or its first signs.")],
    why: Annotated[str | None, typer.Option("--as", help="not-me or own-publication.")] = None,
    back: Annotated[bool, typer.Option("--take-back", help="Tell of this picture again.")] = False,
) -> None:
    """Set an exposure aside for good: this picture and its near copies are not told again for this photo."""
    from crawler.store import CrawlStore
    from registry import cases, dismissals

    if why is None and not back:
        say.fail("Say why: --as not-me or --as own-publication (or --take-back).")
    with opened() as registry:
        with registry.reading() as tx:
            found = chosen(tx, exposure)
        sighting = CrawlStore.open().log.at(found.page_url, found.content_digest)
        with registry.transaction("cli") as tx:
            if why is None:
                dismissals.take_back(tx, found.id)
                cases.set_state(tx, found.id, "told")
            else:
                dismissals.dismiss(tx, found.id, why, sighting.frames if sighting else ())
    if back:
        say.line("Taken back: copies of this picture are told again.")
    else:
        near = "and its near copies are" if sighting else "is forgotten by the log, so only the same file is"
        say.line(f"Dismissed as {why}: this picture {near} not told again for this photo.")


def chosen(tx: "Transaction", typed: str) -> "Exposure":
    """Return the exposure that somebody named on the command line."""
    from portal.cli.ids import the_one
    from registry import cases

    every = {each.id: each for each in cases.exposures(tx)}
    found: UUID = the_one(every, typed, "exposure", "watchlight exposures")
    return every[found]


def _record(tx: "Transaction", exposure: "Exposure") -> dict[str, Any]:
    from alerts.reasons import why
    from registry import people

    person = people.get(tx, exposure.person)
    return {
        "id": exposure.id,
        "person": person.name,
        "state": exposure.state,
        "page_url": WITHHELD if person.minor else _address(exposure.page_url),
        "picture_url": WITHHELD if person.minor else _address(exposure.picture_url),
        "target": exposure.target,
        "kind": exposure.kind,
        "distance": exposure.distance,
        "confidence": round(exposure.confidence, 3),
        "reason": exposure.reason,
        "why": why(exposure, person.language),
        "at_ms": exposure.at_ms,
        "story": exposure.story,
        "seen": exposure.seen,
        "first_seen": exposure.first_seen,
        "last_seen": exposure.last_seen,
        "enrolment": exposure.enrolment,
    }


def _address(untrusted: str) -> str:
    """Return an address that cannot steer a terminal. What is no web address holds the picture itself."""
    from alerts.untrusted import address_line

    return address_line(untrusted) or "(in the page itself)"


def _history(tx: "Transaction", exposure: "Exposure") -> dict[str, Any]:
    from registry import cases

    letters = cases.notices(tx, exposure)
    return {
        "notices": [
            {
                "id": each.id,
                "type": each.type,
                "language": each.language,
                "drafted": each.created_at,
                "sent": each.sent_at,
            }
            for each in letters
        ],
        "verdicts": [
            {"verdict": each.verdict, "detail": each.detail, "at": each.at} for each in cases.verdicts(tx, exposure)
        ],
    }
