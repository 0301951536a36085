"""What a form must ask a sender for one letter: the fields nobody else can fill, in words and with their choices."""

from dataclasses import dataclass
from datetime import UTC, date, datetime

from alerts.contacts import Desk, whom_to_write_to
from alerts.notices.facts import Fact, Facts, facts
from alerts.notices.filling import STATEMENTS, Depicted
from alerts.notices.offered import find, template

KNOWN = (  # what Filler takes from the exposure and from the day, whoever the sender is
    *("case_ref", "provider_name", "recipient_name", "legal_basis_line", "target_location", "content_urls"),
    *("locator_details", "kr_request_kind", "signature_date", "requester_role"),
)


@dataclass(frozen=True)
class Question:
    """One field of the form. `choices` are (value, words) pairs; none means free text. `known` is prefilled."""

    name: str
    label: str
    choices: tuple[tuple[str, str], ...]
    required: bool
    known: str
    reveals: str


def questions(
    notice_type: str, language: str, person: Depicted, reader: str, today: date | None = None
) -> list[Question]:
    """Return what to ask, labelled in the language of its `reader`; sentences stand in the letter's `language`.

    Raises UnknownNotice or UnknownLanguage.
    """
    known = facts(today or datetime.now(UTC).date())
    fact = find(notice_type, known)
    template(fact["id"], language)
    letter = known.letter(fact["id"])
    names = [name for name in letter["m"] if name not in KNOWN and not _fixed(known, name)]
    optional = set(letter.get("by_hand", ()))
    return [_question(known, letter, name, name not in optional, language, person, reader) for name in names]


def desk_for(page_url: str, notice_type: str, today: date | None = None) -> Desk:
    """Return who should get a notice of this type about this page, as far as we know today."""
    return whom_to_write_to(page_url, notice_type, facts(today or datetime.now(UTC).date()))


def _fixed(known: Facts, name: str) -> bool:
    kind = known.field(name)["type"]
    return kind == "fixed" or (kind == "statement" and name not in STATEMENTS)


def _question(
    known: Facts, letter: Fact, name: str, required: bool, language: str, person: Depicted, reader: str
) -> Question:
    field = known.field(name)
    own = {"requester_name": person.name, "requester_email": person.email or ""}
    return Question(
        name=name,
        label=known.label(name, reader),
        choices=_choices(known, letter, name, language, reader),
        required=required,
        known=own.get(name, ""),
        reveals=str(field["disclosure"]),
    )


def _choices(known: Facts, letter: Fact, name: str, language: str, reader: str) -> tuple[tuple[str, str], ...]:
    """Statements are shown word for word as they will stand in the letter; other choices in the reader's words."""
    if name in STATEMENTS:
        return tuple((value, known.sentence(words, language)) for value, words in STATEMENTS[name].items())
    field = known.field(name)
    barred = letter.get("not_for", {}).get(name, ())
    words = field.get("value_words", {}).get(reader, {})
    return tuple((value, words.get(value, value)) for value in field.get("values", ()) if value not in barred)
