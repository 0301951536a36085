"""Looking again after a letter was sent: what is due, what the crawler is asked, and what the verdict changes."""

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Protocol
from urllib.parse import urlsplit
from uuid import UUID

from alerts import metrics
from alerts.looks import Look
from alerts.notices.facts import facts
from alerts.verdict import APART, Seen, Verdict, gone_once_since, verdict, was_on_page
from alerts.witness import looked_at
from egress.names import names_of
from matchers import Fingerprint, Index
from matchers.fingerprint import VERSION
from registry import cases, enrolments, webhooks
from registry.cases import Exposure
from registry.database import Registry
from registry.transaction import Transaction

ROUND = "recheck"  # the reader's position: requests after it belong to the round that is going on
ROUND_SIZE = 5_000  # addresses in one round


class Request(Protocol):
    """An address that the crawler was asked to look at and has not looked at yet."""

    @property
    def address(self) -> str: ...


class Rechecks(Protocol):
    """Where the crawler is asked to look again; request ids only ever grow."""

    def ask(self, urls: Sequence[str]) -> list[int]: ...
    def open(self) -> Sequence[Request]: ...
    def observations(self, ids: Sequence[int]) -> Sequence[Look]: ...


class AsksCrawler(Protocol):
    """A crawl store, as far as re-checks need it."""

    @property
    def rechecks(self) -> Rechecks: ...


def due(registry: Registry, now: datetime) -> list[Exposure]:
    """Return the exposures to look at again: a step of the schedule has passed since a notice was sent.

    The first look is due at once: it shows later looks what the page holds without scripts, and keeps for the
    evidence what was there when the letter went out.

    Never those of minors: whether their pictures are gone is for the authorities to see.
    """
    hours = [0, *facts(now.date()).everything["recheck"]["hours_after_notice"]]
    with registry.reading() as tx:
        return [
            exposure
            for exposure in cases.exposures(tx, states=("noticed", "gone"))
            if may_look_again(tx, exposure) and _step_passed(tx, exposure, hours, now)
        ]


def recheck_due(registry: Registry, store: AsksCrawler, now: datetime | None = None) -> bool:
    """Judge the due exposures that the crawler has looked at, ask it for the others; True when it has work to do.

    The registry remembers the first request of the round, so that a restart loses nothing: what was asked and
    not judged is still due.
    """
    if store.rechecks.open():
        return True
    moment = now or datetime.now(UTC)
    waiting = due(registry, moment)
    if not waiting:
        return False
    with registry.transaction("recheck") as tx:
        since = cases.cursor(tx, ROUND)
    seen = store.rechecks.observations(range(since + 1, since + 1 + ROUND_SIZE))
    unseen = _judge_seen(registry, waiting, seen)
    urls = list(dict.fromkeys(url for exposure in unseen for url in addresses(exposure)))[:ROUND_SIZE]
    if not urls:
        return False
    asked = store.rechecks.ask(urls)
    with registry.transaction("recheck") as tx:
        cases.move_cursor(tx, ROUND, min(asked) - 1)
    return True


def _judge_seen(registry: Registry, waiting: Iterable[Exposure], seen: Sequence[Look]) -> list[Exposure]:
    """Judge the exposures all of whose addresses were looked at; return the others."""
    index = Index()
    with registry.reading() as tx:
        for enrolment, fingerprint in enrolments.active(tx):
            if fingerprint.version == VERSION:
                index.add(enrolment, fingerprint)
    looked_at, unseen = {look.url for look in seen}, []
    for exposure in waiting:
        if looked_at.issuperset(addresses(exposure)):
            judge(registry, exposure, [look for look in seen if look.url in addresses(exposure)], index)
        else:
            unseen.append(exposure)
    return unseen


def may_look_again(tx: Transaction, exposure: Exposure) -> bool:
    """Say whether its addresses may be opened again: not a minor's, and not without consent."""
    owner = enrolments.person_behind(tx, exposure.enrolment)
    return owner is not None and not owner.minor


def addresses(exposure: Exposure) -> tuple[str, ...]:
    """Return the addresses to look at: the page's, the picture's when it has its own, and the site's front page.

    The front page tells a page that is gone from a host that answers us the same whatever we ask.
    """
    own = (exposure.picture_url,) if _has_own(exposure) else ()
    return tuple(dict.fromkeys((exposure.page_url, *own, front_page(exposure.page_url))))


def front_page(url: str) -> str:
    """Return the address of the front page of the site that `url` is on."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}/"


def _has_own(exposure: Exposure) -> bool:
    return exposure.picture_url.startswith(("http:", "https:")) and exposure.picture_url != exposure.page_url


def seen_of(exposure: Exposure, observations: Iterable[Look], earlier: Iterable[str] = ()) -> Seen:
    """Sort what was looked at into page, picture and front page; `earlier` are the details of earlier verdicts."""
    looks = list(observations)

    def at(address: str) -> list[Look]:
        return [look for look in looks if look.url == address]

    return Seen(
        page=at(exposure.page_url),
        picture=at(exposure.picture_url) if _has_own(exposure) else (),
        front=at(front_page(exposure.page_url)),
        names=names_of(exposure.picture_url) if _has_own(exposure) else (),
        on_page_before=was_on_page(earlier),
    )


def judge(
    registry: Registry,
    exposure: Exposure,
    observations: Iterable[Look],
    index: Index,
    *,
    apart: timedelta = APART,
) -> Verdict:
    """Reach a verdict on one exposure, keep it, and move the exposure's state with it; return it.

    `index` holds the exposure's enrolment (a LiveIndex does).
    """
    looks = list(observations)
    with registry.transaction("recheck") as tx:
        before = cases.verdicts(tx, exposure)
        history, last = [(each.detail, each.at) for each in before], before[-1].verdict if before else None
        seen = seen_of(exposure, looks, [detail for detail, _ in history])
        found = verdict(seen, _nearness(index, exposure.enrolment), gone_once_at=gone_once_since(history), apart=apart)
        found = _moved_on(tx, exposure, found)
        cases.record_verdict(tx, exposure.id, found.outcome, found.detail, looks=looked_at(looks))
        if found.outcome != last:
            webhooks.announce(tx, "verdict.changed", exposure)
    metrics.VERDICTS.labels(outcome=found.outcome).inc()
    return found


def _moved_on(tx: Transaction, exposure: Exposure, found: Verdict) -> Verdict:
    """Move the exposure's state with the verdict; what was gone and is there again has re-appeared."""
    current = cases.exposure(tx, exposure.id)
    if found.outcome in ("still-there", "moved") and current.state == "gone":
        cases.set_state(tx, exposure.id, "noticed")
        return Verdict("re-appeared", found.detail)
    if found.outcome == "gone":
        cases.set_state(tx, exposure.id, "gone")
    return found


def _nearness(index: Index, enrolment: UUID) -> Callable[[Fingerprint], bool]:
    """Return the question whether a fingerprint is still a match for one enrolment."""
    return lambda fingerprint: any(each.enrolment == enrolment for each in index.search(fingerprint))


def _step_passed(tx: Transaction, exposure: Exposure, hours: Sequence[int], now: datetime) -> bool:
    sent = [notice.sent_at for notice in cases.notices(tx, exposure) if notice.sent_at is not None]
    if not sent:
        return False
    claims = [
        reply.at
        for notice in cases.notices(tx, exposure)
        for reply in cases.replies(tx, notice.id)
        if reply.kind == "removed"
    ]
    steps = [max(sent) + timedelta(hours=step) for step in hours] + claims  # who says "removed" is checked at once
    passed = [step for step in sorted(steps) if step <= now]
    looked = [record.at for record in cases.verdicts(tx, exposure)]
    return bool(passed) and (not looked or max(looked) < passed[-1])
