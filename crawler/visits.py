"""One look at a page, written down: changed or not, when it is due again, and under which outcome it is counted.

Part of the transaction that settles pages in the frontier, so a page counts once, however often a crawler is killed.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Connection, RowMapping, bindparam, select, update

from crawler import records, schema
from crawler.coverage import NOT_DUE, missed_as
from crawler.outcomes import Outcome
from crawler.rhythm import Rhythm, learnt, shape
from matchers.sightings import sightings

USUAL = Rhythm(86_400, 86_400, 8 * 86_400)


def remember(connection: Connection, outcomes: Sequence[Outcome], now: datetime) -> None:
    """Write down what came of these pages, and count each under its outcome."""
    classes: dict[tuple[str, str], list[tuple[float, bool]]] = {}
    for outcome in outcomes:
        if outcome.state in ("back", "later"):
            continue
        if outcome.reason == NOT_DUE:
            _met(connection, outcome)
            outcome.coverage["page", NOT_DUE] += 1
            continue
        before = _row(connection, outcome)
        found = _found(outcome, before)
        if (outcome.state == "done" and outcome.reason != "redirected") or outcome.poison:
            outcome.coverage["page", found] += 1
        rhythm = outcome.rhythm or USUAL
        known_s = before["interval_s"] if before else _of_class(connection, outcome)
        interval_s = rhythm.after(known_s, found)
        _write(connection, outcome, now, interval_s, rhythm)
        if found in ("changed", "unchanged"):
            key = (outcome.entry.target, shape(outcome.entry.address))
            classes.setdefault(key, []).append((interval_s, found == "changed"))
        _touch(connection, outcome, now)
    # In one order, so that two crawlers of one place cannot wait for each other.
    for (target, name), seen in sorted(classes.items()):
        _teach(connection, target, name, seen)


def count(connection: Connection, outcomes: Iterable[Outcome]) -> None:
    """Add the outcomes of pages and pictures to the coverage of their runs."""
    runs: dict[int, Counter[tuple[str, str]]] = {}
    for outcome in outcomes:
        runs.setdefault(outcome.entry.run_id, Counter()).update(outcome.coverage)
    for run_id, counts in sorted(runs.items()):
        add(connection, run_id, counts)


def add(connection: Connection, run_id: int, counts: Mapping[tuple[str, str], int]) -> None:
    """Add to the coverage of one run."""
    rows = [
        {"run_id": run_id, "subject": subject, "outcome": outcome, "count": number}
        for (subject, outcome), number in sorted(counts.items())
    ]
    records.add_counts(connection, schema.run_coverage, rows, ("run_id", "subject", "outcome"))


def _found(outcome: Outcome, before: RowMapping | None) -> str:
    """Return new, changed or unchanged, or under which outcome a page that was not seen is counted."""
    if outcome.reason != "seen":
        return missed_as(outcome.reason)
    if outcome.same:
        return "unchanged"
    if before is None or (before["gave_digest"] is None and before["outcome"] != "seen"):
        return "new"
    return "unchanged" if before["gave_digest"] == outcome.gave_digest else "changed"


def _row(connection: Connection, outcome: Outcome) -> RowMapping | None:
    return connection.execute(_of_page(), _same_page(outcome)).mappings().one_or_none()


@cache
def _of_page() -> Any:
    """Return the question for what is known of a page; made once, like all that are asked for every page."""
    table = schema.pages
    return select(table.c.outcome, table.c.gave_digest, table.c.interval_s).where(*_of_key())


def _of_key() -> tuple[Any, Any]:
    return schema.pages.c.target == bindparam("place"), schema.pages.c.address_key == bindparam("key")


def _same_page(outcome: Outcome) -> dict[str, Any]:
    return {"place": outcome.entry.target, "key": schema.address_key(outcome.entry.address)}


def _met(connection: Connection, outcome: Outcome) -> None:
    """The page was met in this crawl and left for later: it still belongs to the place."""
    changed = update(schema.pages).where(*_of_key()).values(run_id=outcome.entry.run_id)
    connection.execute(changed, _same_page(outcome))


def _write(connection: Connection, outcome: Outcome, now: datetime, interval_s: float, rhythm: Rhythm) -> None:
    entry, seen = outcome.entry, outcome.reason == "seen"
    row = {
        "target": entry.target,
        "address_key": schema.address_key(entry.address),
        "address": entry.address,
        "run_id": entry.run_id,
        "seen_at": now,
        "status": outcome.status,
        "outcome": outcome.reason[:40],
        "pictures": outcome.pictures,
        "refused": outcome.refusals.total(),
        "interval_s": interval_s,
        "due_at": rhythm.due_at(now, interval_s if seen else rhythm.usual_s),
    }
    if not seen:
        # The next look begins afresh; what it gave is still compared with the last time it gave anything.
        row |= {"etag": None, "last_modified": None, "body_digest": None, "gave": None}
    else:
        row |= {
            "etag": (outcome.etag or "")[:500] or None,
            "last_modified": (outcome.last_modified or "")[:100] or None,
        }
    if seen and not outcome.same:
        row |= {"body_digest": outcome.body_digest, "gave_digest": outcome.gave_digest, "gave": outcome.gave}
    if outcome.title is not None:
        row["title"] = outcome.title[:200]
    records.upsert(connection, schema.pages, row, ("target", "address_key"))


def _touch(connection: Connection, outcome: Outcome, now: datetime) -> None:
    """Pictures that a page carries itself are seen again with the unchanged page, without its bytes."""
    for page_url, digest in outcome.touched:
        same = (sightings.c.page_key == schema.address_key(page_url)) & (sightings.c.content_digest == digest)
        connection.execute(update(sightings).where(same).values(last_seen_at=now))


def _of_class(connection: Connection, outcome: Outcome) -> float | None:
    known = _known_class(connection, outcome.entry.target, shape(outcome.entry.address))
    return None if known is None else float(known.interval_s)


def _known_class(connection: Connection, target: str, name: str) -> Any:
    return connection.execute(_of_shape(), {"place": target, "name": name}).one_or_none()


@cache
def _of_shape() -> Any:
    table = schema.page_classes
    return select(table).where(table.c.target == bindparam("place"), table.c.shape == bindparam("name"))


def _teach(connection: Connection, target: str, name: str, seen: Sequence[tuple[float, bool]]) -> None:
    known = _known_class(connection, target, name)
    interval_s = known.interval_s if known else seen[0][0]
    for page_s, _ in seen:
        interval_s = learnt(interval_s, page_s)
    row = {
        "target": target,
        "shape": name,
        "interval_s": interval_s,
        "looks": (known.looks if known else 0) + len(seen),
        "changes": (known.changes if known else 0) + sum(changed for _, changed in seen),
    }
    records.upsert(connection, schema.page_classes, row, ("target", "shape"))
