"""`watchlight notice reply` and `notice status`: what was answered, how much time is left, and what to do next."""

import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from portal.cli import say
from portal.cli.notice import Json, group
from portal.cli.registry_door import opened

if TYPE_CHECKING:
    from alerts.tracking import Progress
    from registry.cases import Exposure
    from registry.transaction import Transaction

ACTIONS = {
    "write": "write a letter",
    "send": "send the letter that is drafted, then: watchlight notice sent ID",
    "wait": "wait for an answer",
    "answer": "answer what they ask",
    "check": "they say it is removed; a re-check tells: watchlight recheck ID",
    "go-on": "go on with the next step",
    "send-again": "it is there (again): send the letter again, or go on with the next step",
    "authority": "the police and the hotline act; no letter of ours",
    "nothing": "nothing to do; it is gone, and we keep looking for 90 days after the letter",
    "set-aside": "nothing to do; it is set aside",
}


def add_to(app: typer.Typer) -> None:  # noqa: ARG001 - the commands belong to a group that is added by its own file
    """Add the commands to `watchlight notice`."""
    group.command("reply")(reply)
    group.command("status")(status)


def reply(
    notice: Annotated[str, typer.Argument(help="The notice's id, or its first signs.")],
    kind: Annotated[str, typer.Argument(help="acknowledged, refused, removed, asks-more or other.")],
    words: Annotated[
        str | None, typer.Option("--words", help="What they wrote; - reads it from standard input. Kept sealed.")
    ] = None,
    at: Annotated[
        datetime | None, typer.Option("--at", help="When they answered (UTC), if not now.", formats=["%Y-%m-%dT%H:%M"])
    ] = None,
) -> None:
    """Record what was answered to a letter. "removed" is what they say; whether it is, a re-check tells."""
    from portal.cli.ids import the_one
    from registry import audit, cases

    text = sys.stdin.read() if words == "-" else words
    with opened() as registry, registry.transaction("cli") as tx:
        letters = {each.id: each for found in cases.exposures(tx) for each in cases.notices(tx, found)}
        letter = letters[the_one(letters, notice, "notice", "watchlight exposure show ID")]
        cases.record_reply(tx, letter.id, kind, text, at=at.replace(tzinfo=UTC) if at else None)
        audit.append(tx, tx.actor, "reply-recorded", letter.id)
        stands = where_it_stands(tx, cases.exposure(tx, letter.exposure))
    say.line("Noted.")
    for line in in_words(stands.as_json()):
        say.line(line)


def status(as_json: Json = False) -> None:
    """List every letter with its state and clock, those that are overdue first."""
    from registry import cases

    with opened() as registry, registry.reading() as tx:
        stands = [where_it_stands(tx, each) for each in cases.exposures(tx)]
    records = [
        {"exposure": each.exposure, "next": each.action, **letter}
        for each in stands
        for letter in each.as_json()["letters"]
    ]
    for record in sorted(records, key=lambda record: (not record["overdue"], str(record["due_at"] or "~"))):
        if as_json:
            say.json_line(record)
        else:
            short, mark = str(record["id"])[:8], "overdue" if record["overdue"] else ""
            say.line(f"{short}  {record['type']:<16} {record['state']:<13} {_due(record)} {mark}")
    if not records and not as_json:
        say.line("There are no letters. `watchlight notice draft EXPOSURE --type T --lang L` writes one.")


def where_it_stands(tx: "Transaction", exposure: "Exposure") -> "Progress":
    """Return where an exposure stands now."""
    from alerts.tracking import progress

    return progress(tx, exposure, datetime.now(UTC))


def in_words(stands: dict[str, Any]) -> Iterator[str]:
    """Return the lines that say where an exposure stands, from what `Progress.as_json` gave."""
    for letter in stands["letters"]:
        state = letter["state"] + (", overdue" if letter["overdue"] else "")
        yield f"{'letter':<12} {str(letter['id'])[:8]} {letter['type']}: {state} {_due(letter)}".rstrip()
    until = f" until {stands['until']:%Y-%m-%d %H:%M} UTC" if stands["until"] else ""
    yield f"{'next':<12} {ACTIONS[stands['next']]}{until}"
    if stands["next"] in ("write", "go-on", "send-again", "authority") and stands["steps"]:
        first = stands["steps"][0]
        ready = f" (ready: {', '.join(first['ready'])})" if first["ready"] else ""
        yield f"{'step':<12} {first['en']}{ready}"
    for found in stands["same_picture_found_since"]:
        yield f"{'also':<12} the same picture was found at another place since: {found[:8]}"


def _due(letter: dict[str, Any]) -> str:
    if letter["due_at"] is None or letter["state"] in ("removed", "refused"):
        return ""
    law = "by law" if letter["binding"] else "the law says without delay" if letter["without_delay"] else "expected"
    basis = "" if letter["basis"] == "law" else f"; {letter['basis']}"
    return f"due {letter['due_at']:%Y-%m-%d %H:%M} UTC ({law}{basis}; facts of {letter['facts_as_of']})"
