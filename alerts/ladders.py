"""Escalation: which ladder an exposure stands on, how far it has come, and which letters the next step has ready."""

from collections.abc import Sequence
from dataclasses import dataclass

from alerts.notices.facts import Fact
from alerts.untrusted import host_line

TELEGRAM = ("t.me", "telegram.me", "telegram.org", "telesco.pe")
REFUSALS_OF_A_HOSTILE_SITE = 2


@dataclass(frozen=True)
class Step:
    """One step: a slug, the words for it (ko, en), and the notice types that are ready to be drafted for it."""

    name: str
    words: dict[str, str]
    ready: tuple[str, ...]


def ladder_name(page_url: str, *, minor: bool, known_platform: bool, refusals: int) -> str:
    """Return which ladder fits: by age first, then by the place, then by how it answered."""
    if minor:
        return "minor_any"
    host = host_line(page_url) or ""
    if any(host == own or host.endswith(f".{own}") for own in TELEGRAM):
        return "telegram_public"
    hostile = not known_platform and refusals >= REFUSALS_OF_A_HOSTILE_SITE
    return "adult_hostile_site" if hostile else "adult_public_page"


def steps_left(ladder: Sequence[Fact], sent: Sequence[str], fitting: Sequence[str]) -> list[Step]:
    """Return the steps after the furthest one a letter was sent for.

    `sent` are notice types, oldest first; `fitting` those that fit the case, best first.
    """
    furthest = max((number for number, rung in enumerate(ladder, 1) if _used(rung, sent)), default=0)
    return [_step(rung, fitting) for rung in ladder[furthest:]]


def _used(rung: Fact, sent: Sequence[str]) -> bool:
    """A step is used when one of its letters went out; the second letter may be the first one sent again."""
    again = rung["step"] == "second" and len(sent) > len(set(sent))
    return again or not set(rung["types"]).isdisjoint(sent)


def _step(rung: Fact, fitting: Sequence[str]) -> Step:
    ready = tuple(name for name in fitting if name in rung["types"])
    return Step(str(rung["step"]), {"ko": str(rung["ko"]), "en": str(rung["en"])}, ready)
