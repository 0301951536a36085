"""Is it really gone? A verdict from what the crawler saw when it looked again; in doubt it is "unknown".

Telling somebody that a picture is gone while it is not is the worst mistake here. So "gone" needs the
server's own word (404 or 410) for every address of the exposure, twice, some time apart. Everything else -
login walls, challenge pages, placeholders, redirects - is not "gone".
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol
from uuid import UUID

from alerts import metrics
from alerts.notices.facts import facts
from matchers import Fingerprint, Index
from registry import cases, enrolments
from registry.cases import Exposure, VerdictRecord
from registry.database import Registry
from registry.transaction import Transaction

APART = timedelta(minutes=30)  # between the two tries that "gone" needs
GONE_ONCE = "gone-once"  # detail of an "unknown" that becomes "gone" when a later try agrees
ABSENT = {404, 410}
BARRED = {401, 402, 403, 407, 429, 451}


class Observation(Protocol):
    """What the crawler saw when it looked at one address again."""

    @property
    def url(self) -> str: ...
    @property
    def at(self) -> datetime: ...
    @property
    def status(self) -> int | None: ...
    @property
    def final_url(self) -> str | None: ...
    @property
    def content_type(self) -> str | None: ...
    @property
    def fingerprint(self) -> Fingerprint | None: ...
    @property
    def refusal(self) -> str | None: ...


@dataclass(frozen=True)
class Verdict:
    """What a re-check found (gone, still-there, re-appeared, blocked, unknown), and how it could tell."""

    outcome: str
    detail: str


def verdict(
    page: Sequence[Observation],
    picture: Sequence[Observation],
    is_near: Callable[[Fingerprint], bool],
    *,
    gone_once_at: datetime | None = None,
    apart: timedelta = APART,
) -> Verdict:
    """Judge an exposure from looks at its page and its picture file (none: it has no address of its own).

    `is_near` says whether a fingerprint still matches the enrolled photo; `gone_once_at` is when an earlier
    re-check first found it gone.
    """
    looks = [*page, *picture]
    if any(look.fingerprint is not None and is_near(look.fingerprint) for look in looks):
        return Verdict("still-there", "picture-found")
    page_gone, picture_gone = _all_absent(page), _all_absent(picture)
    if not (page_gone or picture_gone):
        return _barred_or_unknown(looks)
    if not page_gone:
        return Verdict("unknown", "picture-absent-page-answers")
    if picture and not picture_gone:
        return Verdict("unknown", "page-absent-picture-answers")
    times = [look.at for look in page] + ([gone_once_at] if gone_once_at else [])
    enough = max(times) - min(times) >= apart and len(times) > 1
    return Verdict("gone", "absent-twice") if enough else Verdict("unknown", GONE_ONCE)


def _all_absent(looks: Sequence[Observation]) -> bool:
    return bool(looks) and all(look.status in ABSENT and look.refusal is None for look in looks)


def _barred_or_unknown(looks: Sequence[Observation]) -> Verdict:
    """Nothing says gone and nothing shows the picture: were we kept out, or can we just not tell?"""
    if not looks:
        return Verdict("unknown", "not-looked")
    if all(look.status in BARRED or _forbidden(look) for look in looks):
        return Verdict("blocked", "kept-out")
    if any(look.status is None for look in looks):
        return Verdict("unknown", "no-answer")
    if any(look.status >= 500 for look in looks if look.status is not None):
        return Verdict("unknown", "server-error")
    if any(look.final_url is not None and look.final_url != look.url for look in looks):
        return Verdict("unknown", "led-elsewhere")
    return Verdict("unknown", "answers-without-the-picture")


def _forbidden(look: Observation) -> bool:
    """A host that does not let us in by robots.txt, or whose robots.txt cannot be read, has told us nothing."""
    return look.refusal is not None and look.refusal.startswith("robots")


def due(registry: Registry, now: datetime) -> list[Exposure]:
    """Return the exposures to look at again: a step of the schedule has passed since a notice was sent.

    Never those of minors: whether their pictures are gone is for the authorities to see.
    """
    hours = facts(now.date()).everything["recheck"]["hours_after_notice"]
    with registry.reading() as tx:
        return [
            exposure
            for exposure in cases.exposures(tx, states=("noticed", "gone"))
            if may_look_again(tx, exposure) and _step_passed(tx, exposure, hours, now)
        ]


def may_look_again(tx: Transaction, exposure: Exposure) -> bool:
    """Say whether its addresses may be opened again: not a minor's, and not without consent."""
    owner = enrolments.person_behind(tx, exposure.enrolment)
    return owner is not None and not owner.minor


def addresses(exposure: Exposure) -> tuple[str, ...]:
    """Return the addresses to look at: the page's, then the picture's when it has its own."""
    has_own = exposure.picture_url.startswith(("http:", "https:")) and exposure.picture_url != exposure.page_url
    return (exposure.page_url, exposure.picture_url) if has_own else (exposure.page_url,)


def judge(
    registry: Registry,
    exposure: Exposure,
    observations: Iterable[Observation],
    index: Index,
    *,
    apart: timedelta = APART,
) -> Verdict:
    """Reach a verdict on one exposure, keep it, and move the exposure's state with it; return it.

    `index` holds the exposure's enrolment (a LiveIndex does).
    """
    looks = list(observations)
    page, *own = addresses(exposure)
    with registry.transaction("recheck") as tx:
        found = verdict(
            [look for look in looks if look.url == page],
            [look for look in looks if look.url in own],
            _nearness(index, exposure.enrolment),
            gone_once_at=_gone_once_at(cases.verdicts(tx, exposure)),
            apart=apart,
        )
        current = cases.exposure(tx, exposure.id)
        if found.outcome == "still-there" and current.state == "gone":
            found = Verdict("re-appeared", found.detail)
            cases.set_state(tx, exposure.id, "noticed")
        elif found.outcome == "gone":
            cases.set_state(tx, exposure.id, "gone")
        cases.record_verdict(tx, exposure.id, found.outcome, found.detail)
    metrics.VERDICTS.labels(outcome=found.outcome).inc()
    return found


def _nearness(index: Index, enrolment: UUID) -> Callable[[Fingerprint], bool]:
    """Return the question whether a fingerprint is still a match for one enrolment."""
    return lambda fingerprint: any(each.enrolment == enrolment for each in index.search(fingerprint))


def _gone_once_at(history: Sequence[VerdictRecord]) -> datetime | None:
    """Return since when every re-check has found it gone, or None when the last one did not."""
    since = None
    for record in reversed(history):
        if record.detail != GONE_ONCE:
            break
        since = record.at
    return since


def _step_passed(tx: Transaction, exposure: Exposure, hours: Sequence[int], now: datetime) -> bool:
    sent = [notice.sent_at for notice in cases.notices(tx, exposure) if notice.sent_at is not None]
    if not sent:
        return False
    passed = [max(sent) + timedelta(hours=step) for step in hours if max(sent) + timedelta(hours=step) <= now]
    looked = [record.at for record in cases.verdicts(tx, exposure)]
    return bool(passed) and (not looked or max(looked) < passed[-1])
