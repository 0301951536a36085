"""Write one letter for one exposure, or say which field is missing; nothing is sent from here."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from jinja2 import Template, UndefinedError

from alerts.contacts import Desk, whom_to_write_to
from alerts.errors import AuthorityRoute, MissingField
from alerts.notices.facts import Facts, facts
from alerts.notices.filling import Depicted, Filler, Filling, Found
from alerts.notices.offered import find, template

PLACED_BY_TEMPLATES = ("case_ref", "locator_details")  # optional by law, but every letter of ours has them


@dataclass(frozen=True)
class Notice:
    """A letter that is ready to be read by its sender."""

    type: str
    language: str
    subject: str
    body: str
    desk: Desk
    open_places: tuple[str, ...]
    reveals: Mapping[str, str]
    deadlines: tuple[str, ...]
    as_of: str

    @property
    def text(self) -> str:
        """Return the whole letter: subject, an empty line, the body."""
        return f"{self.subject}\n\n{self.body}"

    def as_json(self) -> dict[str, Any]:
        """Return this notice as plain JSON values."""
        return {
            "type": self.type,
            "language": self.language,
            "subject": self.subject,
            "body": self.body,
            "send_to": self.desk.as_json(),
            "open_places": list(self.open_places),
            "reveals": dict(self.reveals),
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
) -> Notice:
    """Return the letter of this type in this language.

    `given` are the sender's own values by field name; they win over the person's record. Raises
    UnknownNotice, UnknownLanguage, UnknownField, BadValue or MissingField, each with what to do, and
    AuthorityRoute for a minor.
    """
    moment = now or datetime.now(UTC)
    known = facts(moment.date())
    fact = find(type, known)
    words = template(fact["id"], language)
    if person.minor:
        raise AuthorityRoute(authority_route(person.country, language, known))
    desk = whom_to_write_to(exposure.page_url, fact["id"], known)
    filler = Filler(known, known.letter(fact["id"]), language, desk)
    filling = filler.fill(exposure, person, given or {}, moment)
    subject, body = (_render(words, f"{part}_{language}", filler, filling) for part in ("subject", "body"))
    return Notice(
        type=fact["id"],
        language=language,
        subject=" ".join(subject.split()),
        body=body.strip() + "\n",
        desk=desk,
        open_places=filling.open_places,
        reveals=_reveals(filler, filling),
        deadlines=tuple(known.deadlines(fact["id"])),
        as_of=str(fact["as_of"]),
    )


def authority_route(country: str, language: str, known: Facts) -> list[str]:
    """Return where somebody turns for a minor: the helplines of the country, else what every country has."""
    lines = [str(line["words"][language if language == "ko" else "en"]) for line in known.hotlines(country)]
    return lines or ["the police", "a hotline of inhope.org"]


def _render(words: Template, block: str, filler: Filler, filling: Filling) -> str:
    """Fill one block. A name the template uses and nobody gave stops it: half a letter is never shown."""
    values = {**filling.values, **_words(filler), "also": _also(filler, filling)}
    try:
        return "".join(words.blocks[block](words.new_context(values)))
    except UndefinedError as error:
        named = re.search(r"'(\w+)'(?: is undefined)?$", str(error))
        name = named.group(1) if named else str(error)
        label = {name: "a word this letter uses"}
        raise MissingField(filler.letter["notice_type"], label, {name: f"--set {name}=TEXT"}) from error


def _words(filler: Filler) -> dict[str, Any]:
    known, language = filler.known, filler.language
    return {
        "label": {name: known.label(name, language) for name in known.everything["fields"]},
        "sentence": {name: words[language] for name, words in known.everything["sentences"].items()},
    }


def _also(filler: Filler, filling: Filling) -> list[tuple[str, str]]:
    """What the sender said beyond the mandatory fields, one per line with its label."""
    placed = {*filler.letter["m"], *PLACED_BY_TEMPLATES}
    return [
        (filler.known.label(name, filler.language), filling.values[name]) for name in filling.said if name not in placed
    ]


def _reveals(filler: Filler, filling: Filling) -> dict[str, str]:
    """Which fields tell the reader something about the sender, and how much: low, medium or high."""
    printed = dict.fromkeys((*filler.letter["m"], *filling.said))
    levels = {name: str(filler.known.field(name)["disclosure"]) for name in printed if name in filling.values}
    return {name: level for name, level in levels.items() if level != "none" and name not in filling.open_places}
