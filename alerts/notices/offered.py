"""Which notices there are: every type whose law is known and fresh enough to be cited, as a letter or as a card."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime

from alerts.errors import OnlyACard, UnknownLanguage, UnknownNotice
from alerts.notices.facts import Fact, Facts, facts
from alerts.notices.saying import STATEMENTS

LANGUAGES = ("ko", "en", "ja", "de", "fr", "es")
READ_IN = ("ko", "en")  # every letter can be read in these, whatever language it is sent in


@dataclass(frozen=True)
class NoticeType:
    """One kind of notice: what it is for, who may send it, what it needs, and until when the law acts.

    `languages` are those it can be written in; `send_in` those its reader understands. A card has no letter:
    it says where to turn.
    """

    id: str
    aliases: tuple[str, ...]
    title: dict[str, str]
    languages: tuple[str, ...]
    send_in: tuple[str, ...]
    card: bool
    jurisdiction: str
    legal_class: str
    covers: str
    who_may_send: tuple[str, ...]
    addressed_to: str
    needs: tuple[str, ...]
    deadlines: tuple[str, ...]
    must_not_include: tuple[str, ...]
    minors: str
    certainty: str
    sources: tuple[str, ...]
    as_of: str


def types(today: date | None = None) -> list[NoticeType]:
    """Return the notices that are letters and on offer today, in the order of the facts."""
    return [each for each in everything(today) if not each.card]


def cards(today: date | None = None) -> list[NoticeType]:
    """Return the ways that are not a letter of ours."""
    return [each for each in everything(today) if each.card]


def everything(today: date | None = None) -> list[NoticeType]:
    """Return every notice type on offer today, letters and cards."""
    known = facts(today or datetime.now(UTC).date())
    return [
        _type(fact, known) for fact in known.notice_types() if _letter(known, fact["id"]) or _card(known, fact["id"])
    ]


def find(asked: str, known: Facts) -> Fact:
    """Return the facts of the notice type `asked` (its id or an older name), or raise UnknownNotice."""
    fact = known.notice_type(asked)
    if fact is None or not (_letter(known, fact["id"]) or _card(known, fact["id"])):
        raise UnknownNotice(asked, [one.id for one in everything(known.today)])
    return fact


def letter_in(known: Facts, notice_type: str, language: str) -> Fact:
    """Return the structure of a letter that can be written in `language`; raise UnknownLanguage or OnlyACard."""
    letter = _letter(known, notice_type)
    if letter is None:
        raise OnlyACard(notice_type, card(known, notice_type, language))
    offered = languages(known, letter)
    if language not in offered:
        raise UnknownLanguage(notice_type, language, offered)
    return letter


def card(known: Facts, notice_type: str, language: str) -> tuple[str, ...]:
    """Return the lines of a card in `language` (English where it has none there)."""
    lines = known.everything["cards"][notice_type]
    return tuple(lines.get(language) or lines["en"])


def languages(known: Facts, letter: Fact) -> tuple[str, ...]:
    """Return the languages in which every word of this letter exists."""
    wanted = [language for language in LANGUAGES if language in letter["lang"] or language in READ_IN]
    return tuple(language for language in wanted if not missing_words(known, letter, language))


def missing_words(known: Facts, letter: Fact, language: str) -> list[str]:
    """Return which labels, sentences and choices of a letter have no words in `language`."""
    fields = [*letter["m"], *letter.get("c", ()), *letter["o"]]
    labels = [f"field {name}" for name in fields if not known.has_label(name, language)]
    sentences = [f"sentence {name}" for name in _sentences(letter) if not known.has_sentence(name, language)]
    subject = [] if f"subject_{language}" in letter else ["subject"]
    return [*subject, *labels, *sentences]


def _sentences(letter: Fact) -> Iterator[str]:
    yield from ("no_image_statement", *letter.get("ask", ()), *letter.get("declares", ()))
    if "basis" in letter:
        yield letter["basis"]
    for name in letter["m"]:
        yield from (sentence for sentence in STATEMENTS.get(name, {}).values() if sentence)


def _letter(known: Facts, notice_type: str) -> Fact | None:
    return next((one for one in known.letters() if one["notice_type"] == notice_type), None)


def _card(known: Facts, notice_type: str) -> bool:
    return notice_type in known.everything["cards"]


def _type(fact: Fact, known: Facts) -> NoticeType:
    letter = _letter(known, fact["id"])
    return NoticeType(
        id=fact["id"],
        aliases=tuple(fact.get("aliases", ())),
        title=dict(fact["title"]),
        languages=languages(known, letter) if letter else READ_IN,
        send_in=tuple(letter["lang"]) if letter else (),
        card=letter is None,
        jurisdiction=fact["jurisdiction"],
        legal_class=fact["legal_class"],
        covers=fact.get("covers", ""),
        who_may_send=tuple(fact["who_may_send"]),
        addressed_to=fact["addressed_to"],
        needs=tuple(letter["m"]) if letter else tuple(fact["required_elements"]),
        deadlines=tuple(fact["deadlines"]),
        must_not_include=tuple(fact["must_not_include"]),
        minors=fact["minors"],
        certainty=fact["certainty"],
        sources=tuple(fact["sources"]),
        as_of=str(fact["as_of"]),
    )
