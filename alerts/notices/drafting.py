"""Write one letter for one exposure, or say which field is missing; nothing is sent from here."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from alerts.contacts import Desk, whom_to_write_to
from alerts.errors import AuthorityRoute, MissingField
from alerts.notices.checking import Check, Revealed, check, reveals
from alerts.notices.facts import Fact, Facts, facts
from alerts.notices.filling import Filler, Filling
from alerts.notices.offered import find, letter_in
from alerts.notices.records import Case, Depicted, Found, Past
from alerts.notices.saying import STATEMENTS
from alerts.notices.sheet import Line, Part, Sheet

LISTED = ("requested_actions", "notices_sent_log", "prior_notices")
PLACE = re.compile(r"\{\{(\w+)\}\}")


@dataclass(frozen=True)
class Notice:
    """A letter that is ready to be read by its sender."""

    type: str
    language: str
    subject: str
    sheet: Sheet
    desk: Desk
    open_places: tuple[str, ...]
    preview: tuple[Revealed, ...]
    check: Check
    deadlines: tuple[str, ...]
    as_of: str
    values: Mapping[str, str]
    send_in: tuple[str, ...]
    reference: str

    @property
    def body(self) -> str:
        """Return the letter without its subject."""
        return self.sheet.text()

    @property
    def text(self) -> str:
        """Return the whole letter: subject, an empty line, the body."""
        return f"{self.subject}\n\n{self.body}"

    @property
    def reveals(self) -> dict[str, str]:
        """Return which fields tell the reader something about the sender, and how much: low, medium or high."""
        return {each.field: each.level for each in self.preview}

    @property
    def for_reading_only(self) -> bool:
        """Say whether this is a translation to read, and another language is the one to send."""
        return self.language not in self.send_in

    def as_json(self) -> dict[str, Any]:
        """Return this notice as plain JSON values."""
        return {
            "type": self.type,
            "language": self.language,
            "for_reading_only": self.for_reading_only,
            "send_in": list(self.send_in),
            "subject": self.subject,
            "body": self.body,
            "send_to": self.desk.as_json(),
            "open_places": list(self.open_places),
            "reveals": self.reveals,
            "preview": [vars(each) for each in self.preview],
            "check": self.check.as_json(),
            "deadlines": list(self.deadlines),
            "as_of": self.as_of,
        }


def draft(
    exposure: Found,
    person: Depicted,
    type: str,
    language: str,
    given: Mapping[str, str] | None = None,
    *,
    now: datetime | None = None,
    past: Past | None = None,
    relay: str | None = None,
    desk: Desk | None = None,
) -> Notice:
    """Return the letter of this type in this language.

    `given` are the sender's own values by field name; they win over the person's record. `relay` is the reply
    address of this case, `desk` what was looked up about whom to write to. Raises UnknownNotice,
    UnknownLanguage, UnknownField, BadValue, MissingField or OnlyACard, each with what to do, and AuthorityRoute
    for a minor.
    """
    moment = now or datetime.now(UTC)
    known = facts(moment.date())
    fact = find(type, known)
    letter = letter_in(known, fact["id"], language)
    if person.minor:
        raise AuthorityRoute(authority_route(person.country, language, known))
    whom = desk or whom_to_write_to(exposure.page_url, fact["id"], known)
    case = Case(exposure, person, moment, past or Past(), relay, whom.site_ip, whom.resolved_at)
    filler = Filler(known, letter, language, whom)
    filling = filler.fill(case, given or {})
    return Notice(
        type=fact["id"],
        language=language,
        subject=subject(filler, {**filler.everything_here(case), **filling.values}),
        sheet=sheet(fact, filler, filling),
        desk=whom,
        open_places=filling.open_places,
        preview=tuple(reveals(known, language, filling)),
        check=check(known, letter, language, filling, person.name),
        deadlines=tuple(known.deadlines(fact["id"])),
        as_of=str(fact["as_of"]),
        values=filling.values,
        send_in=tuple(letter["lang"]),
        reference=case.reference,
    )


def authority_route(country: str, language: str, known: Facts) -> list[str]:
    """Return where somebody turns for a minor: the helplines of the country, else what every country has."""
    lines = [str(line["words"][language if language == "ko" else "en"]) for line in known.hotlines(country)]
    return lines or ["the police", "a hotline of inhope.org"]


def subject(filler: Filler, values: Mapping[str, str]) -> str:
    """Return the subject with its places filled. A name nobody gave stops it: half a letter is never shown."""

    def fill(place: re.Match[str]) -> str:
        name = place.group(1)
        if not values.get(name):
            label = {name: filler.known.label(name, filler.language)}
            raise MissingField(filler.letter["notice_type"], label, {name: f"--set {name}=TEXT"})
        return values[name]

    return " ".join(PLACE.sub(fill, str(filler.letter[f"subject_{filler.language}"])).split())


def sheet(fact: Fact, filler: Filler, filling: Filling) -> Sheet:
    """Return the letter as a sheet: the parts of words.yaml, each with the fields that stand in this letter."""
    known, language = filler.known, filler.language
    title = fact["title"].get(language) or PLACE.sub("", str(filler.letter[f"subject_{language}"])).strip(" -")
    parts = [
        Part(part["heading"].get(language), tuple(_lines(part, filler, filling))) for part in known.everything["parts"]
    ]
    note = None
    if language not in filler.letter["lang"]:
        send_in = known.everything["words"]["languages"][language][filler.letter["lang"][0]]
        note = known.phrase("words", "reading_copy", language).format(language=send_in)
    return Sheet(language, str(title), note, tuple(part for part in parts if part.lines))


def _lines(part: Fact, filler: Filler, filling: Filling) -> Iterator[Line]:
    if part["id"] == "asked":
        yield from _sentences(filler, filler.letter.get("ask", ()))
    for name in part["fields"]:
        if name in filling.values:
            yield _line(filler, name, filling.values[name], part["heading"].get(filler.language))
    if part["id"] == "asked":
        yield from _sentences(filler, ("no_image_statement",))
    if part["id"] == "statement":
        yield from _sentences(filler, filler.letter.get("declares", ()))
    if part["id"] == "signature" and filler.letter.get("seal"):
        yield Line(None, (filler.known.phrase("words", "by_hand", filler.language),))


def _line(filler: Filler, name: str, value: str, heading: str | None) -> Line:
    """A statement stands as the sentence it is, other values beside what they are called unless the heading says it."""
    called = filler.known.label(name, filler.language)
    label = None if name in STATEMENTS or called == heading else called
    mark = "- " if name in LISTED else ""
    return Line(label, tuple(mark + text for text in value.split("\n")))


def _sentences(filler: Filler, names: tuple[str, ...]) -> Iterator[Line]:
    for name in names:
        yield Line(None, (filler.known.sentence(name, filler.language),))
