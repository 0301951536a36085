"""What an operator types about a place, read into a target; what is wrong is said beside its field."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from crawler.errors import BadTarget, CrawlerError
from crawler.hours import QuietHours
from crawler.kinds import kinds, spider_for
from crawler.targets import CrawlTarget
from crawler.targets.model import LIMITS, NAME
from egress.addresses import BadAddress, normal

WHOLE = ("depth", "max_pages", "max_pictures")
NUMBERS = (*WHOLE, "max_hours", "delay_s")
EVERY = "every_hours"
TICKS = ("whole_image_only", "shown")
HOUR_S = 3600.0
LONGEST_REASON = 500


@dataclass(frozen=True)
class Typed:
    """What came of a form: a target, or the names of the fields that are wrong ("other": together they are)."""

    target: CrawlTarget | None
    wrong: frozenset[str] = frozenset()


def new_target(untrusted: Mapping[str, str]) -> Typed:
    """Return the target of the form for a new place."""
    wrong = set[str]()
    urls = [line.strip() for line in untrusted.get("urls", "").splitlines() if line.strip()]
    if not NAME.fullmatch(untrusted.get("name", "")):
        wrong.add("name")
    if not urls or not all(_is_address(url) for url in urls):
        wrong.add("urls")
    if untrusted.get("kind", "pages") not in kinds():
        wrong.add("kind")
    values = _common(untrusted, wrong)
    if wrong:
        return Typed(None, frozenset(wrong))
    about: dict[str, Any] = {"name": untrusted["name"], "urls": tuple(urls), "kind": untrusted.get("kind", "pages")}
    try:
        target = CrawlTarget(**about, **values)
        spider_for(target.kind, kinds()).check(target)
    except CrawlerError:
        return Typed(None, frozenset({"other"}))
    return Typed(target)


def tuned(target: CrawlTarget, untrusted: Mapping[str, str]) -> Typed:
    """Return a target with the pace, depth and budget of the form; name, addresses and kind stay."""
    wrong = set[str]()
    values = _common(untrusted, wrong)
    if wrong:
        return Typed(None, frozenset(wrong))
    try:
        return Typed(replace(target, **values))
    except BadTarget:
        return Typed(None, frozenset({"other"}))


def typed_of(target: CrawlTarget) -> dict[str, str]:
    """Return a target as its form shows it."""
    shown = {name: f"{getattr(target, name):g}" for name in ("max_hours", "delay_s")}
    shown |= {name: str(getattr(target, name)) for name in WHOLE}
    shown |= {name: "yes" for name in TICKS if getattr(target, name)}
    return {
        **shown,
        EVERY: f"{target.interval_s / HOUR_S:g}",
        "quiet_hours": target.quiet_hours,
        "reason": target.reason,
    }


def _common(untrusted: Mapping[str, str], wrong: set[str]) -> dict[str, Any]:
    """Return what both forms have; an empty number is the usual one."""
    values: dict[str, Any] = {name: untrusted.get(name) == "yes" for name in TICKS}
    for name in (*NUMBERS, EVERY):
        text = untrusted.get(name, "")
        if not text:
            continue
        number = _number(text)
        low, high = LIMITS.get(name) or (LIMITS["interval_s"][0] / HOUR_S, LIMITS["interval_s"][1] / HOUR_S)
        if number is None or not low <= number <= high or (name in WHOLE and number % 1):
            wrong.add(name)
        elif name == EVERY:
            values["interval_s"] = number * HOUR_S
        else:
            values[name] = int(number) if name in WHOLE else number
    values["quiet_hours"] = untrusted.get("quiet_hours", "")
    try:
        QuietHours.parse(values["quiet_hours"])
    except ValueError:
        wrong.add("quiet_hours")
    values["reason"] = " ".join(untrusted.get("reason", "").split())
    if not (len(values["reason"]) <= LONGEST_REASON and values["reason"].isprintable()):
        wrong.add("reason")
    return values


def _number(text: str) -> float | None:
    try:
        return float(text[:20])  # nan is in no range
    except ValueError:
        return None


def _is_address(untrusted: str) -> bool:
    try:
        return bool(normal(untrusted))
    except BadAddress:
        return False
