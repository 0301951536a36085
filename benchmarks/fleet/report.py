"""What came of a trial: what the sites were asked for beside what the stores know, and what of it is bad."""

from collections import Counter
from statistics import median

from sqlalchemy import select

from benchmarks.fleet.people import compared
from benchmarks.fleet.trial import Trial, asked_for
from crawler import schema
from crawler.middlewares.pace import PICTURE_SHARE

NEAR = 0.9
"""A gap shorter than this share of the pace is counted: a machine that is busy tells a process late of its turn."""
WITHDRAWN_WITHIN_S = 5.0
NEVER = (
    "addresses_lost",
    "pictures_lost",
    "exposures_missing",
    "sightings_not_compared",
    "sightings_compared_twice",
    "matched_twice",
    "told_twice",
    "gaps_under_90_percent",
)


def report(trial: Trial) -> dict[str, object]:
    """Return every count of a trial that has ended."""
    plan, fleet = trial.plan, trial.fleet
    waited = sorted(trial.people.latencies) or [0.0]
    return {
        "crawlers_killed": fleet.crawlers.killed,
        "matchers_killed": fleet.matchers.killed,
        "of_them_at_work": dict(fleet.at_work),
        "a_kill_every_s": round(plan.killing_s / max(fleet.crawlers.killed + fleet.matchers.killed, 1), 1),
        "ended_by_themselves": dict(Counter([*fleet.crawlers.codes, *fleet.matchers.codes])),
        **_crawled(trial),
        **compared(trial.servers.registry, trial.registry, trial.store.log, trial.people),
        "withdrawals": len(trial.people.latencies),
        "withdrawal_median_s": round(median(waited), 2),
        "withdrawal_longest_s": round(waited[-1], 2),
        "withdrawals_over_5_s": sum(one > WITHDRAWN_WITHIN_S for one in waited),
        **_pace(trial),
        "complete": trial.complete(),
        "minutes": round(trial.passed_s / 60, 1),
    }


def _crawled(trial: Trial) -> dict[str, object]:
    wanted = {site.url(site.path(number)) for site in trial.sites for number in range(site.count)}
    seen = {one.page_url for one in trial.store.log.after(0, 1_000_000)}
    asked = asked_for(trial.sites)
    with trial.store.engine.connect() as connection:
        kept = set(connection.scalars(select(schema.frontier.c.address).where(schema.frontier.c.state == "done")))
    runs = trial.store.pages.last_runs().values()
    return {
        "pages": len(wanted),
        "addresses_lost": len(wanted - kept),
        "pictures_lost": len(wanted - seen),
        "pages_asked_again": asked.total() - len(asked),
        "in_work_at_kills": trial.fleet.in_work,
        "robots_asked": sum(path == "/robots.txt" for site in trial.sites for _, path in site.times),
        "refusals": dict(sum((Counter(run.refusals) for run in runs), Counter[str]())),
    }


def _pace(trial: Trial) -> dict[str, object]:
    gaps = [gap for site in trial.sites for gap in site.gaps(trial.plan.delay_s, PICTURE_SHARE)]
    return {
        "pace_s": trial.plan.delay_s,
        "gaps": len(gaps),
        "smallest_gap_share": round(min(gap / wanted for gap, wanted in gaps), 3) if gaps else None,
        "gaps_under_90_percent": sum(gap < NEAR * wanted for gap, wanted in gaps),
    }


def bad(found: dict[str, object]) -> list[str]:
    """Return what of a report must not be."""
    wrong = [f"{name.replace('_', ' ')}: {found[name]}" for name in NEVER if found[name]]
    if not found["complete"]:
        wrong.append("not complete")
    if float(str(found["withdrawal_longest_s"])) > WITHDRAWN_WITHIN_S:
        wrong.append(f"a withdrawal took {found['withdrawal_longest_s']} s")
    return wrong
