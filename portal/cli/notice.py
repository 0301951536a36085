"""`watchlight notice ...`: letters that ask for removal. The person sends them; nothing is sent from here."""

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from portal.cli import notice_lists, notice_saying, say
from portal.cli.registry_door import opened

if TYPE_CHECKING:
    from alerts.notices import Notice
    from alerts.notices.choosing import Proposal, Situation
    from registry.cases import Exposure
    from registry.people import Person
    from registry.transaction import Transaction

group = typer.Typer(
    help="Letters that ask for removal: choose, draft, sent, reply, status, types, facts, relay.",
    no_args_is_help=True,
)
Json = Annotated[bool, typer.Option("--json", help="One JSON object per line.")]
ExposureId = Annotated[str, typer.Argument(help="The exposure's id, or its first signs.")]
Material = Annotated[str, typer.Option("--material", help="intimate, ordinary, own_work or unknown.")]


def add_to(app: typer.Typer) -> None:
    """Add the commands to `watchlight`."""
    notice_lists.add_to(group)
    app.add_typer(group, name="notice")


@group.command()
def choose(exposure: ExposureId, material: Material = "unknown", as_json: Json = False) -> None:
    """Say which letters fit this exposure, best first, each with the reason."""
    from alerts.notices.choosing import choose as fitting
    from alerts.notices.facts import facts
    from portal.cli.exposures import chosen
    from registry import people

    known = facts(datetime.now(UTC).date())
    with opened() as registry, registry.reading() as tx:
        found = chosen(tx, exposure)
        person = people.get(tx, found.person)
        proposals = fitting(_situation(tx, found, person, material), known.today)
    for each in proposals:
        reason = each.words(known, "en")
        if as_json:
            say.json_line({**vars(each), "why": reason})
        else:
            say.line(f"{each.type:<29} {each.language:<3} {reason}")


@group.command()
def draft(
    exposure: ExposureId,
    type: Annotated[
        str, typer.Option("--type", help="One of `watchlight notice types`; the best fit if left out.")
    ] = "",
    lang: Annotated[str, typer.Option("--lang", help="ko, en, ja, de, fr or es, as the notice has it.")] = "",
    given: Annotated[
        list[str] | None, typer.Option("--set", metavar="FIELD=VALUE", help="What only the sender can say.")
    ] = None,
    material: Material = "unknown",
    pdf: Annotated[Path | None, typer.Option(help="Also write the letter as a PDF to this file.")] = None,
    eml: Annotated[Path | None, typer.Option(help="Also write an unsent mail draft to this file.")] = None,
    xarf: Annotated[Path | None, typer.Option(help="Also write the machine-readable report to this file.")] = None,
    as_json: Json = False,
) -> None:
    """Write one letter, keep it with the exposure, and print it with where it can be sent."""
    from alerts.notices import kept
    from portal.cli.exposures import chosen
    from registry import people

    said = notice_saying.said(given or [])
    with opened() as registry, registry.transaction("cli") as tx:
        found = chosen(tx, exposure)
        person = people.get(tx, found.person)
        proposal = _reason(tx, found, person, type, material)
        notice = _drafted(tx, found, person, proposal.type, lang or proposal.language, said)
        letter = kept.keep(tx, found, notice)
        notice_saying.write_forms(kept.Forms(letter, notice.desk), pdf, eml, xarf)
    reason = notice_saying.reason(proposal)
    if as_json:
        values = {"id": letter.id, "exposure": found.id, "text": notice.text, "why": reason}
        say.json_line({**values, **notice.as_json()})
        return
    say.line(notice.text)
    for line in notice_saying.guidance(notice, str(letter.id), reason):
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
def contacts(
    exposure: ExposureId,
    type: Annotated[str, typer.Option("--type", help="For which notice.")] = "site_operator_policy_notice",
    look_up: Annotated[
        bool, typer.Option("--look-up", help="Ask RDAP now: its servers see the domain, never the page.")
    ] = False,
    ask_the_host: Annotated[
        bool, typer.Option("--ask-host", help="Also ask the host for its security.txt: it sees that somebody asked.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Say whom to write to about this exposure, from where that is known, how old it is, and what was not looked up."""
    from alerts.errors import AlertsError
    from alerts.lookup import remembered
    from alerts.lookup.asked import looked_up
    from alerts.notices import kept
    from portal.cli.exposures import WITHHELD, chosen
    from registry import people

    with opened() as registry:
        with registry.reading() as tx:
            found = chosen(tx, exposure)
            if people.get(tx, found.person).minor:
                say.fail(f"The site is {WITHHELD}.")
        if look_up or ask_the_host:
            try:
                answer = looked_up(found.page_url, os.environ, ask_the_host=ask_the_host)
            except AlertsError as error:
                say.fail(str(error))
            with registry.transaction("cli") as tx:
                remembered.remember(tx, answer)
        with registry.reading() as tx:
            desk = kept.desk_of(tx, found, type)
    if as_json:
        say.json_line(desk.as_json())
        return
    for line in notice_saying.where(desk):
        say.line(line)


@group.command()
def relay(
    address: Annotated[str, typer.Argument(help="Say who is behind this reply address.")] = "",
) -> None:
    """Print the reply addresses of all cases with a letter, as a map for the mail server (keep it secret)."""
    from registry import relay as relays

    domain = os.environ.get(relays.SETTING, "").strip()
    if not domain:
        say.fail(f"Set {relays.SETTING} to the domain your mail server takes replies for, e.g. relay.example.org.")
    with opened() as registry, registry.reading() as tx:
        known = relays.relays(tx, domain)
    wanted = [one for one in known if address.strip().lower() in ("", one.address)]
    if address and not wanted:
        say.fail("No case has this reply address (any more).", code=1)
    for one in wanted:
        say.line(f"{one.address} {one.forward_to or '# no mail address on record'}")


def _situation(tx: "Transaction", found: "Exposure", person: "Person", material: str) -> "Situation":
    from alerts.notices.choosing import MATERIALS, situation
    from alerts.notices.facts import facts
    from registry import cases

    if material not in MATERIALS:
        say.fail(f"--material is one of {', '.join(MATERIALS)}.")
    before = any(each.sent_at for each in cases.notices(tx, found))
    known = facts(datetime.now(UTC).date())
    return situation(found.page_url, person.country, person.minor, known, material, sent_before=before)


def _reason(tx: "Transaction", found: "Exposure", person: "Person", type: str, material: str) -> "Proposal":
    """The best proposal, or the reason for a type chosen by hand; an older name counts as the type it means."""
    from alerts.errors import NoticeError
    from alerts.notices.choosing import choose, why
    from alerts.notices.facts import facts
    from alerts.notices.offered import find

    today = datetime.now(UTC).date()
    about = _situation(tx, found, person, material)
    if not type:
        return choose(about, today)[0]
    try:
        return why(str(find(type, facts(today))["id"]), about, today)
    except NoticeError as error:
        say.fail(str(error))


def _drafted(
    tx: "Transaction", found: "Exposure", person: "Person", type: str, lang: str, said: dict[str, str]
) -> "Notice":
    from alerts.errors import NoticeError, OnlyACard
    from alerts.notices import draft as write
    from alerts.notices import kept

    try:
        past, reply = kept.past(tx, found), kept.reply_address(tx, found, os.environ)
        desk = kept.desk_of(tx, found, type)
        return write(found, person, type, lang, said, past=past, relay=reply, desk=desk)
    except OnlyACard as card:
        for line in (*card.lines, *notice_saying.helplines(person.country, lang)):
            say.line(line)
        raise typer.Exit from card
    except NoticeError as error:
        say.fail(str(error))
