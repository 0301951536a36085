"""Both looks at every case by the real crawler, and the verdict after the second."""

import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

from alerts.looks import Look
from alerts.verdict import GONE_ONCE, Seen, Verdict, verdict
from benchmarks.verdicts.cases import PICTURE, Case
from benchmarks.verdicts.web import LittleWeb, drawn
from crawler.store import CrawlStore
from egress.names import names_of
from matchers import Fingerprint, Index, fingerprint

CLONE = Path(__file__).parents[2]
LATER = timedelta(hours=1)


@dataclass(frozen=True)
class Judged:
    """One case with its verdicts after the first and the second look."""

    case: Case
    first: Verdict
    second: Verdict

    @property
    def false_gone(self) -> bool:
        """Say whether somebody would be told that it is gone, and it is not."""
        return self.case.truth != "gone" and "gone" in (self.first.outcome, self.second.outcome)


def judge(cases: Sequence[Case], store: CrawlStore) -> list[Judged]:
    """Look at all cases twice through the crawler's every guard, and judge them."""
    with LittleWeb(cases) as web:
        first = _looks(cases, web, store)
        web.look = 1
        second = _looks(cases, web, store)
    near = _near()
    judged = []
    for case, one, two in zip(cases, first, second, strict=True):
        before = verdict(one, near)
        since = one.page[0].at - LATER if before.detail == GONE_ONCE and one.page else None
        judged.append(Judged(case, before, verdict(two, near, gone_once_at=since)))
    return judged


def _looks(cases: Sequence[Case], web: LittleWeb, store: CrawlStore) -> list[Seen]:
    wanted = [_addresses(case, web) for case in cases]
    ids = store.rechecks.ask([url for each in wanted for url in each])
    environ = {**os.environ, "WATCHLIGHT_ALLOW_LOOPBACK": "1", "WATCHLIGHT_LOG_LEVEL": "ERROR"}
    environ["WATCHLIGHT_CRAWL_DATABASE_URL"] = store.engine.url.render_as_string(hide_password=False)
    subprocess.run([sys.executable, "-m", "crawler", "--recheck"], env=environ, cwd=CLONE, check=True, timeout=500)
    seen: dict[str, Look] = {look.url: look for look in store.rechecks.observations(ids)}
    return [_seen(case, each, seen) for case, each in zip(cases, wanted, strict=True)]


def _addresses(case: Case, web: LittleWeb) -> list[str]:
    own = [web.url(case, PICTURE)] if case.picture_has_address else []
    return [web.url(case), web.url(case, "/"), *own]


def _seen(case: Case, addresses: Sequence[str], seen: dict[str, Look]) -> Seen:
    page, front, *own = ([seen[url]] if url in seen else [] for url in addresses)
    names = names_of(addresses[2]) if own else ()
    return Seen(page, own[0] if own else (), front, names, case.on_page_before)


def _near():
    index, enrolment = Index(), uuid4()
    index.add(enrolment, fingerprint(drawn("same")))

    def near(seen: Fingerprint) -> bool:
        return bool(index.search(seen))

    return near
