"""What a form must ask a sender for one letter: the fields nobody else can fill, in words and with their choices."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime

from alerts.contacts import Desk, whom_to_write_to
from alerts.notices.facts import Facts, facts
from alerts.notices.filling import Filler, Filling
from alerts.notices.offered import find, letter_in
from alerts.notices.records import Case
from alerts.notices.saying import STATEMENTS, allowed, rules

# What the records say about the sender, or in the sender's name: shown filled in, for the sender to change.
TO_CHANGE = (
    *("requester_name", "requester_email", "requester_contact_block", "reply_channel", "data_categories"),
    *("identification_data", "infringed_right", "kr_evidence_basis", "residence_statement", "requester_relation"),
    *("forwarding_preference", "legal_ground_art17", "notification_preference_kr", "how_found"),
    *("prior_notice_sent_at", "prior_notice_ref", "last_checked_at"),
)

UNDERSTOOD = ("email", "phone", "url", "url_list", "date", "datetime")  # examples that are the same in every language


@dataclass(frozen=True)
class Question:
    """One field of the form. `choices` are (value, words) pairs; none means free text. `known` is prefilled.

    `example` shows what an answer looks like; `hint` is the same for those who can read it.
    """

    name: str
    label: str
    choices: tuple[tuple[str, str], ...]
    required: bool
    known: str
    reveals: str
    example: str = ""
    hint: str = ""


def questions(case: Case, notice_type: str, language: str, reader: str, desk: Desk | None = None) -> list[Question]:
    """Return what to ask, labelled in the language of its `reader`; sentences stand in the letter's `language`.

    Raises UnknownNotice, UnknownLanguage or OnlyACard.
    """
    known = facts(case.now.date())
    fact = find(notice_type, known)
    letter = letter_in(known, fact["id"], language)
    whom = desk or desk_for(case.exposure.page_url, fact["id"], case.now.date())
    filler = Filler(known, letter, language, whom)
    filling = filler.review(case, {})
    asked = [name for name in filler.names() if name in _to_ask(filler, filling)]
    return [_question(filler, filling, name, reader) for name in asked]


def that_fit(given: Mapping[str, str], page_url: str, notice_type: str, language: str, today: date) -> dict[str, str]:
    """Return those of the given values that a letter of this type has a place for."""
    known = facts(today)
    fact = find(notice_type, known)
    filler = Filler(known, letter_in(known, fact["id"], language), language, desk_for(page_url, fact["id"], today))
    places = set(filler.names())
    return {name: value for name, value in given.items() if name in places}


def barred(notice_type: str, reader: str, today: date) -> list[str]:
    """Return what must not be in a letter of this type, in the words of its `reader`."""
    known = facts(today)
    letter = known.letter(find(notice_type, known)["id"])
    return [known.phrase("must_not", rule, reader) for rule in rules(letter)]


def desk_for(page_url: str, notice_type: str, today: date | None = None) -> Desk:
    """Return who should get a notice of this type about this page, as far as we know today."""
    return whom_to_write_to(page_url, notice_type, facts(today or datetime.now(UTC).date()))


def _to_ask(filler: Filler, filling: Filling) -> set[str]:
    mandatory = [name for name in filler.letter["m"] if name in TO_CHANGE]
    return {*filling.missing, *filling.open_places, *mandatory}


def _question(filler: Filler, filling: Filling, name: str, reader: str) -> Question:
    known, letter = filler.known, filler.letter
    field = known.field(name)
    prefilled = name in filling.values and name not in filling.open_places
    value = filling.values[name] if prefilled else ""
    return Question(
        name=name,
        label=known.label(name, reader),
        choices=_choices(filler, name, reader),
        required=name not in letter.get("by_hand", ()),
        known=_choice_behind(filler, name, value) if value else "",
        reveals=str(field["disclosure"]),
        example=str(field["example"]),
        hint=str(field["example"]) if reader == "en" or field["type"] in UNDERSTOOD else "",
    )


def _choices(filler: Filler, name: str, reader: str) -> tuple[tuple[str, str], ...]:
    """Statements are shown word for word as they will stand in the letter; other choices in the reader's words."""
    known = filler.known
    if name in STATEMENTS:
        sentences = STATEMENTS[name].items()
        return tuple((value, known.sentence(words, filler.language)) for value, words in sentences if words)
    return tuple((value, known.value(name, value, reader)) for value in allowed(known, filler.letter, name))


def _choice_behind(filler: Filler, name: str, value: str) -> str:
    """Return the choice that a prefilled value stands for, or the text itself."""
    known: Facts = filler.known
    for choice in allowed(known, filler.letter, name):
        if known.value(name, choice, filler.language) == value:
            return choice
    return value
