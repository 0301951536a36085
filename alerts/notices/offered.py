"""Which notices there are: every template in `letters/` whose law is known and fresh enough to be cited."""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import lru_cache
from importlib.resources import files

from jinja2 import Environment, StrictUndefined, Template

from alerts.errors import UnknownLanguage, UnknownNotice
from alerts.notices.facts import Fact, Facts, facts

SUFFIX = ".txt.j2"


@dataclass(frozen=True)
class NoticeType:
    """One kind of notice: what it is for, who may send it, what it needs, and until when the law acts."""

    id: str
    aliases: tuple[str, ...]
    title: dict[str, str]
    languages: tuple[str, ...]
    jurisdiction: str
    covers: str
    who_may_send: tuple[str, ...]
    addressed_to: str
    needs: tuple[str, ...]
    deadlines: tuple[str, ...]
    must_not_include: tuple[str, ...]
    certainty: str
    sources: tuple[str, ...]
    as_of: str


def types(today: date | None = None) -> list[NoticeType]:
    """Return the notices on offer today, in the order of the facts."""
    known = facts(today or datetime.now(UTC).date())
    written = _written()
    return [_type(fact, known) for fact in known.notice_types() if fact["id"] in written]


def find(asked: str, known: Facts) -> Fact:
    """Return the facts of the notice type `asked` (its id or an older name), or raise UnknownNotice."""
    fact = known.notice_type(asked)
    if fact is None or fact["id"] not in _written():
        raise UnknownNotice(asked, [one.id for one in types(known.today)])
    return fact


def template(notice_type: str, language: str) -> Template:
    """Return the template of a notice, or raise UnknownLanguage when it has no words in `language`."""
    offered = languages(notice_type)
    if language not in offered:
        raise UnknownLanguage(notice_type, language, offered)
    return _written()[notice_type]


def languages(notice_type: str) -> tuple[str, ...]:
    """Return the languages a template has words in: those it has a body for."""
    blocks = _written()[notice_type].blocks
    return tuple(sorted(name.removeprefix("body_") for name in blocks if name.startswith("body_")))


@lru_cache(maxsize=1)
def _written() -> dict[str, Template]:
    """Every template in the folder, by notice type. A new file there is a new notice."""
    # Letters are plain text: escaping for HTML would spoil the addresses in them.
    jinja = Environment(undefined=StrictUndefined, autoescape=False, trim_blocks=True, lstrip_blocks=True)  # noqa: S701
    found = sorted((files("alerts.notices") / "letters").iterdir(), key=lambda file: file.name)
    return {
        file.name.removesuffix(SUFFIX): jinja.from_string(file.read_text(encoding="utf-8"))
        for file in found
        if file.name.endswith(SUFFIX)
    }


def _type(fact: Fact, known: Facts) -> NoticeType:
    return NoticeType(
        id=fact["id"],
        aliases=tuple(fact.get("aliases", ())),
        title=dict(fact["title"]),
        languages=languages(fact["id"]),
        jurisdiction=fact["jurisdiction"],
        covers=fact["covers"],
        who_may_send=tuple(fact["who_may_send"]),
        addressed_to=fact["addressed_to"],
        needs=tuple(known.letter(fact["id"])["m"]),
        deadlines=tuple(fact["deadlines"]),
        must_not_include=tuple(fact["must_not_include"]),
        certainty=fact["certainty"],
        sources=tuple(fact["sources"]),
        as_of=str(fact["as_of"]),
    )
