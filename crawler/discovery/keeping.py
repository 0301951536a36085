"""Trails in the crawl store: written with the page they were seen on, kept as long as the sightings beside them."""

from collections.abc import Sequence
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Connection, update

from crawler import records, schema
from crawler.items import Trail
from crawler.outcomes import Outcome

LONGEST_WORDS = 400


def remember(connection: Connection, outcomes: Sequence[Outcome], now: datetime) -> None:
    """Write down where these pages lead; an unchanged page leads where it led before."""
    rows = {
        (schema.address_key(trail.page_url), schema.address_key(trail.address)): (outcome.entry.target, trail)
        for outcome in outcomes
        if outcome.state == "done"
        for trail in outcome.trails
    }
    # In one order, so that two crawlers that meet the same links cannot wait for each other.
    in_order = [_row(key, *rows[key], now) for key in sorted(rows)]
    if in_order:
        connection.execute(_writing(connection.dialect.name), in_order)
    same = sorted(schema.address_key(one.entry.address) for one in outcomes if one.same)
    if same:
        table = schema.trails
        connection.execute(update(table).where(table.c.page_key.in_(same)).values(last_seen_at=now))


def _row(key: tuple[bytes, bytes], target: str, trail: Trail, now: datetime) -> dict[str, Any]:
    return {
        "page_key": key[0],
        "address_key": key[1],
        "target": target,
        "page_url": trail.page_url,
        "address": trail.address,
        "kind": trail.kind[:64],
        "words": trail.words[:LONGEST_WORDS],
        "announced": trail.announced,
        "last_seen_at": now,
        "first_seen_at": now,
    }


@cache
def _writing(dialect: str) -> Any:
    statement = records.insert_for(dialect, schema.trails)
    again = {name: statement.excluded[name] for name in ("words", "announced", "last_seen_at")}
    return statement.on_conflict_do_update(index_elements=["page_key", "address_key"], set_=again)
