"""What `watchlight notice draft` takes and says: fields to set, files to write, and what the sender should know."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from portal.cli import say

if TYPE_CHECKING:
    from alerts.contacts import Desk
    from alerts.notices import Notice
    from alerts.notices.choosing import Proposal
    from alerts.notices.kept import Forms


def said(given: list[str]) -> dict[str, str]:
    """Return the FIELD=VALUE pairs, or end with what is wrong."""
    pairs = {}
    for each in given:
        name, equals, value = each.partition("=")
        if not equals or not name:
            say.fail(f"--set wants FIELD=VALUE, not {each!r}.")
        pairs[name.strip()] = value
    return pairs


def write_forms(forms: "Forms", pdf: Path | None, eml: Path | None, xarf: Path | None) -> None:
    """Write the forms that were asked for; nothing is kept when one of them cannot be made."""
    from alerts.errors import AlertsError

    wanted: list[tuple[Path | None, Callable[[], bytes]]] = [(pdf, forms.pdf), (eml, forms.eml), (xarf, forms.xarf)]
    try:
        made = [(file, make()) for file, make in wanted if file is not None]
    except AlertsError as error:
        say.fail(str(error), code=1)
    for file, content in made:
        try:
            file.write_bytes(content)
        except OSError as error:
            say.fail(f"{file} cannot be written: {error.strerror}.", code=1)


def reason(proposal: "Proposal") -> str:
    """Return why this letter, in the language of the command line."""
    from alerts.notices.facts import facts

    return proposal.words(facts(datetime.now(UTC).date()), "en")


def helplines(country: str, language: str) -> list[str]:
    """Return where somebody in this country can turn, in words."""
    from alerts.notices.drafting import authority_route
    from alerts.notices.facts import facts

    return authority_route(country, language, facts(datetime.now(UTC).date()))


def guidance(notice: "Notice", id: str, why: str) -> list[str]:
    """Return what the sender should know before the letter goes out."""
    lines = [f"Kept as notice {id}. After sending it: watchlight notice sent {id[:8]}", f"This letter, because {why}."]
    if notice.for_reading_only:
        lines.append(f"This is a copy for reading. Send it in: {', '.join(notice.send_in)} (--lang).")
    if notice.open_places:
        lines.append(f"Still open, for the sender: {', '.join(notice.open_places)} (or --set FIELD=VALUE).")
    if notice.preview:
        lines.append("It tells the reader about the sender:")
        lines += [f"  {each.level:<6} {each.field}: {each.value.replace(chr(10), ' / ')}" for each in notice.preview]
    lines.append("Checked: " + _checked(notice))
    return [*lines, *where(notice.desk), f"Not legal advice; facts as of {notice.as_of}."]


def _checked(notice: "Notice") -> str:
    filled = sum(each.state == "filled" for each in notice.check.required)
    absent = ", ".join(each.rule for each in notice.check.barred if not each.found_in)
    return f"{filled} of {len(notice.check.required)} required fields filled; not in it: {absent}."


def where(desk: "Desk") -> list[str]:
    """Return the doors of a desk with source and age, and what was not looked up."""
    lines = [
        f"Send to: {door.value} ({door.kind}, from {door.source}, certainty {door.certainty}, as of {door.as_of})"
        for door in desk.doors
    ]
    if desk.not_looked_up:
        lines.append(f"Not looked up for {desk.host}: {', '.join(desk.not_looked_up)}.")
    return lines
