"""One look at a page, written down: changed or not, when it is due again, and under which outcome it is counted.

Part of the transaction that settles pages in the frontier, so a page counts once, however often a crawler is killed.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
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
    looked: list[Outcome] = []
    for outcome in outcomes:
        if outcome.state in ("back", "later"):
            continue
        if outcome.reason == NOT_DUE:
            entry = outcome.entry
            met = {"place": entry.target, "key": schema.address_key(entry.address), "run": entry.run_id}
            connection.execute(_meeting(), met)
            outcome.coverage["page", NOT_DUE] += 1
        else:
            looked.append(outcome)
    for some in _each_page_once(looked):
        _remember(connection, some, now)


def _each_page_once(outcomes: Iterable[Outcome]) -> Iterator[dict[tuple[str, bytes], Outcome]]:
    """Yield outcomes by page, in groups: one that was tried twice in a batch is compared with its first try."""
    group: dict[tuple[str, bytes], Outcome] = {}
    for outcome in outcomes:
        page = (outcome.entry.target, schema.address_key(outcome.entry.address))
        if page in group:
            yield group
            group = {}
        group[page] = outcome
    if group:
        yield group


def _remember(connection: Connection, pages: Mapping[tuple[str, bytes], Outcome], now: datetime) -> None:
    """Write down one look at each of some pages: asked, and written, for all of them together."""
    before = _asked(connection, _of_pages(), pages)
    shapes = {page: (page[0], shape(outcome.entry.address)) for page, outcome in pages.items()}
    classes = _asked(connection, _of_shapes(), shapes.values())
    rows: list[dict[str, Any]] = []
    lessons: dict[tuple[str, str], list[tuple[float, bool]]] = {}
    for page, outcome in pages.items():
        found = _found(outcome, before.get(page))
        if (outcome.state == "done" and outcome.reason != "redirected") or outcome.poison:
            outcome.coverage["page", found] += 1
        rhythm = outcome.rhythm or USUAL
        known = before.get(page) or classes.get(shapes[page])
        interval_s = rhythm.after(known["interval_s"] if known else None, found)
        rows.append(_row(page, outcome, now, interval_s))
        if found in ("changed", "unchanged"):
            lessons.setdefault(shapes[page], []).append((interval_s, found == "changed"))
        _touch(connection, outcome, now)
    records.upsert(connection, schema.pages, rows, ("target", "address_key"))
    _teach(connection, classes, lessons)


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


def _asked(connection: Connection, question: Any, keys: Iterable[tuple[str, Any]]) -> dict[tuple[str, Any], RowMapping]:
    """Return the rows of some places that answer `question`, by place and what else was asked for."""
    of: dict[str, dict[Any, None]] = {}
    for target, key in keys:
        of.setdefault(target, {})[key] = None
    found: dict[tuple[str, Any], RowMapping] = {}
    for target, wanted in of.items():
        rows = connection.execute(question, {"place": target, "wanted": list(wanted)}).mappings()
        found |= {(target, row["key"]): row for row in rows}
    return found


@cache
def _of_pages() -> Any:
    """Return the question for what is known of pages; made once, like all that are asked for every page."""
    table = schema.pages
    of = table.c.target == bindparam("place")
    these = table.c.address_key.in_(bindparam("wanted", expanding=True))
    columns = (table.c.outcome, table.c.gave_digest, table.c.interval_s)
    return select(table.c.address_key.label("key"), *columns).where(of, these)


@cache
def _of_shapes() -> Any:
    table = schema.page_classes
    of = table.c.target == bindparam("place")
    these = table.c.shape.in_(bindparam("wanted", expanding=True))
    return select(table.c.shape.label("key"), table.c.interval_s, table.c.looks, table.c.changes).where(of, these)


@cache
def _meeting() -> Any:
    """Return the statement by which a page that was met in a crawl, and left for later, still belongs to its place."""
    table = schema.pages
    same = (table.c.target == bindparam("place")) & (table.c.address_key == bindparam("key"))
    return update(table).where(same).values(run_id=bindparam("run"))


def _row(page: tuple[str, bytes], outcome: Outcome, now: datetime, interval_s: float) -> dict[str, Any]:
    entry, seen, rhythm = outcome.entry, outcome.reason == "seen", outcome.rhythm or USUAL
    row = {
        "target": page[0],
        "address_key": page[1],
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
    return row


def _touch(connection: Connection, outcome: Outcome, now: datetime) -> None:
    """Pictures that a page carries itself are seen again with the unchanged page, without its bytes."""
    for page_url, digest in outcome.touched:
        same = (sightings.c.page_key == schema.address_key(page_url)) & (sightings.c.content_digest == digest)
        connection.execute(update(sightings).where(same).values(last_seen_at=now))


def _teach(
    connection: Connection,
    known: Mapping[tuple[str, str], RowMapping],
    lessons: Mapping[tuple[str, str], Sequence[tuple[float, bool]]],
) -> None:
    """Let classes learn from their pages, in one order: two crawlers of one place cannot wait for each other."""
    rows: list[dict[str, Any]] = []
    for (target, name), seen in sorted(lessons.items()):
        before = known.get((target, name))
        interval_s = before["interval_s"] if before else seen[0][0]
        for page_s, _ in seen:
            interval_s = learnt(interval_s, page_s)
        looks = (before["looks"] if before else 0) + len(seen)
        changes = (before["changes"] if before else 0) + sum(changed for _, changed in seen)
        rows.append({"target": target, "shape": name, "interval_s": interval_s, "looks": looks, "changes": changes})
    records.upsert(connection, schema.page_classes, rows, ("target", "shape"))
