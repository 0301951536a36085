"""`watchlight notice ...`: letters that ask for removal. The person sends them; nothing is sent from here."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from portal.cli import say
from portal.cli.registry_door import opened

if TYPE_CHECKING:
    from alerts.contacts import Desk
    from alerts.notices import Notice
    from registry.cases import Exposure
    from registry.people import Person

group = typer.Typer(help="Letters that ask for removal: types, draft, sent, facts.", no_args_is_help=True)
Json = Annotated[bool, typer.Option("--json", help="One JSON object per line.")]


def add_to(app: typer.Typer) -> None:
    """Add the commands to `watchlight`."""
    app.add_typer(group, name="notice")


@group.command()
def types(as_json: Json = False) -> None:
    """List the notices on offer, with the languages they are written in and what they need."""
    from alerts.notices import types as offered

    for each in offered():
        if as_json:
            say.json_line(vars(each))
            continue
        title = each.title.get("en") or each.id
        say.line(f"{each.id:<14} {', '.join(each.languages):<7} {each.jurisdiction}  {title}")
        say.line(f"{'':<14} needs: {', '.join(each.needs)}")
        say.line(f"{'':<14} certainty {each.certainty}, as of {each.as_of}. Not legal advice.")


@group.command()
def draft(
    exposure: Annotated[str, typer.Argument(help="The exposure's id, or its first signs.")],
    type: Annotated[str, typer.Option("--type", help="One of `watchlight notice types`.")],
    lang: Annotated[str, typer.Option("--lang", help="ko or en, as the notice has it.")],
    given: Annotated[
        list[str] | None, typer.Option("--set", metavar="FIELD=VALUE", help="What only the sender can say.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Write one letter, keep it with the exposure, and print it with where it can be sent."""
    from portal.cli.exposures import chosen
    from registry import cases, people

    said = _said(given or [])
    with opened() as registry, registry.transaction("cli") as tx:
        found = chosen(tx, exposure)
        notice = _drafted(found, people.get(tx, found.person), type, lang, said)
        kept = cases.save_notice(
            tx,
            found,
            notice.type,
            notice.language,
            notice.body,
            subject=notice.subject,
            recipient=notice.desk.name,
        )
    if as_json:
        say.json_line({"id": kept.id, "exposure": found.id, "text": notice.text, **notice.as_json()})
        return
    say.line(notice.text)
    for line in _guidance(notice, str(kept.id)):
        typer.echo(line, err=True)


@group.command()
def sent(
    notice: Annotated[str, typer.Argument(help="The notice's id, or its first signs.")],
    by_hand: Annotated[
        bool, typer.Option("--by-hand", help="The open places were filled in by hand before it went out.")
    ] = False,
) -> None:
    """Record that the person sent a letter; from then on re-checks are due."""
    from alerts.notices import has_open_places
    from portal.cli.ids import the_one
    from registry import cases

    with opened() as registry, registry.transaction("cli") as tx:
        letters = {each.id: each for found in cases.exposures(tx) for each in cases.notices(tx, found)}
        letter = letters[the_one(letters, notice, "notice", "watchlight exposure show ID")]
        if has_open_places(letter.text) and not by_hand:
            say.fail("This letter has open places. Draft it again with --set, or add --by-hand if they were filled in.")
        cases.mark_sent(tx, letter.id)
    say.line("Noted as sent. `watchlight recheck` looks whether the page is gone when that is due.")


@group.command()
def facts(
    stale: Annotated[bool, typer.Option("--stale", help="Only what somebody must look up again.")] = False,
    as_json: Json = False,
) -> None:
    """Say how fresh the facts behind the letters are; old ones are not shown any more."""
    from alerts.notices.facts import facts as known

    today = datetime.now(UTC).date()
    listed = known(today).stale() if stale else known(today).ages()
    for each in listed:
        if as_json:
            say.json_line(vars(each))
        else:
            mark = "hidden" if each.hidden else "shown "
            say.line(f"{mark}  {each.as_of}  {each.days:>4} days  {each.kind:<8} {each.name}  [{each.source}]")
    if not listed and not as_json:
        say.line("Nothing is due for another look.")


def _said(given: list[str]) -> dict[str, str]:
    said = {}
    for each in given:
        name, equals, value = each.partition("=")
        if not equals or not name:
            say.fail(f"--set wants FIELD=VALUE, not {each!r}.")
        said[name.strip()] = value
    return said


def _drafted(found: "Exposure", person: "Person", type: str, lang: str, said: dict[str, str]) -> "Notice":
    from alerts.errors import NoticeError
    from alerts.notices import draft as write

    try:
        return write(found, person, type, lang, said)
    except NoticeError as error:
        say.fail(str(error))


def _guidance(notice: "Notice", id: str) -> list[str]:
    lines = [f"Kept as notice {id}. After sending it: watchlight notice sent {id[:8]}"]
    if notice.open_places:
        lines.append(f"Still open, for the sender: {', '.join(notice.open_places)} (or --set FIELD=VALUE).")
    if notice.reveals:
        lines.append("It tells the reader: " + ", ".join(f"{k} ({v})" for k, v in notice.reveals.items()) + ".")
    return [*lines, *_where(notice.desk), f"Not legal advice; facts as of {notice.as_of}."]


def _where(desk: "Desk") -> list[str]:
    lines = [f"Send to: {door.value} ({door.kind}, certainty {door.certainty})" for door in desk.doors]
    if desk.not_looked_up:
        lines.append(f"Not looked up for {desk.host}: {', '.join(desk.not_looked_up)}.")
    return lines
