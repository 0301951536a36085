"""Migrations up and down with rows in them: what stays keeps every row, what goes comes back empty."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, MetaData, create_engine, func, select, text
from sqlalchemy.exc import OperationalError

from matchers.deciding import Weighed, Whole
from matchers.hashes import ImageHash
from matchers.matching import Decision
from registry import (
    audit,
    cases,
    casework,
    decisions,
    dismissals,
    evidence,
    floods,
    lists,
    lookups,
    passkeys,
    people,
    ranges,
    recovery,
    reviews,
    schema,
    signin,
    tenancy,
    tokens,
    webhooks,
)
from registry.database import Registry
from registry.lists import Record
from tests.registry.centres import centre_with_client
from tests.registry.conftest import KEY, add_kim, enrolled, expose

STAYS = {
    "0004": {"people", "exposures", "alerts", "outbox", "notices", "verdicts", "sessions", "audit", "evidence"},
    "0003": {"people", "exposures", "outbox", "verdicts", "audit", "house"},
    "0002": {"people", "roles", "consents", "enrolments", "enrolment_changes", "house", "exposures", "outbox"},
    "0001": {"people", "roles", "consents", "enrolments", "enrolment_changes", "house"},
}


def fill(url: str) -> None:
    """Put at least one row into every table."""
    with Registry.open(url, KEY) as registry, registry.transaction() as tx:
        kim = add_kim(tx)
        found = expose(tx, enrolled(tx, kim))
        cases.add_alert(tx, kim, [found])
        dismissals.dismiss(tx, found.id, "not-me")
        decided = Decision(found.enrolment, (Weighed(Whole(0, 12, 3, patched=True, plain=False), None),), found=True)
        decisions.record(
            tx, "https://forum.example/1", bytes(32), decided, exposure=found.id, silenced=False, limits="a1b2c3d4e5f6"
        )
        floods.hold(tx, floods.Subject(enrolment=found.enrolment), [found])
        letter = cases.save_notice(tx, found, "us_tida", "en", "Please remove this picture.")
        cases.mark_sent(tx, letter.id)
        cases.record_reply(tx, letter.id, "acknowledged", "We will look at it.")
        cases.mark_reminded(tx, letter.id)
        evidence.keep_stamp(tx, 1, b"token", tx.now())
        cases.record_verdict(tx, found, "still-there")
        lookups.save(tx, "board.example", b"{}", tx.now())
        cases.move_cursor(tx, "match", 12)
        ranges.take(tx, "another", 0, 7, "elsewhere/1/1")
        signin.redeem(tx, signin.new_link(tx, kim))
        signin.new_link(tx, kim)
        passkeys.add(tx, kim, "my phone", b"credential", b"key", 1)
        recovery.new_code(tx, kim)
        house = centre_with_client(tx, "Harbour", seed=2)
        token, _ = tokens.make(tx, house.centre.id, "intake", ["clients:read"], timedelta(days=1))
        tokens.remember(tx, token.id, "key", b"asked", 201, b"{}")
        webhooks.add(tx, house.centre.id, "https://hooks.example/", ["exposure.created"])
        webhooks.announce(tx, "exposure.created", house.exposure)
        listed = lists.make(tx, "Exchange", purpose="p", source="s", email="desk@operator.example")
        lists.take(tx, listed.id, [Record(ImageHash("pdq", "1", bytes(range(32))), external="7")])
        reviews.verify(tx, kim, "operator")
        reviews.open_review(tx, [found.enrolment, house.exposure.enrolment])
    with Registry.open(url, KEY) as registry, registry.transaction() as tx:
        tenancy.confine(tx, house.lead.id)
        casework.add_note(tx, house.client.id, "Called on Friday.")
        casework.assign(tx, [house.exposure.id], house.lead.id)


def same(left: list[dict[str, Any]], before: list[dict[str, Any]]) -> bool:
    """Say whether the rows are the same in the columns that are left; the first state a release knows replaces ours."""
    columns = left[0].keys() & before[0].keys() - {"state"}
    return [{name: row[name] for name in columns} for row in left] == [
        {name: row[name] for name in columns} for row in before
    ]


def rows(connection: Connection) -> dict[str, list[dict[str, Any]]]:
    """Give every row of every table, in the order of its first column."""
    found = MetaData()
    found.reflect(connection)
    return {
        name: [dict(row) for row in connection.execute(select(table).order_by(table.columns[0])).mappings()]
        for name, table in found.tables.items()
        if name != "alembic_version"
    }


def test_every_step_down_and_up_again_keeps_the_rows_of_the_tables_that_stay(store_url: str) -> None:
    fill(store_url)
    with Registry.open(store_url, KEY) as registry:
        with registry.engine.begin() as connection:
            before = rows(connection)
            assert all(before.values())
        for revision, stays in STAYS.items():
            with registry.engine.begin() as connection:
                schema.downgrade(connection, revision)
                left = rows(connection)
                assert stays <= set(left)
                assert all(same(left[name], before[name]) for name in left)
            with registry.engine.begin() as connection:
                schema.upgrade(connection)
                assert all(same(left[name], rows(connection)[name]) for name in left)
                assert set(rows(connection)) == set(before)


def test_a_registry_that_came_back_up_works_on(store_url: str) -> None:
    fill(store_url)
    with Registry.open(store_url, KEY) as registry, registry.engine.begin() as connection:
        schema.downgrade(connection, "0001")
    with Registry.open(store_url, KEY) as registry, registry.transaction() as tx:
        kim = people.find(tx, "Kim Seo-yeon")
        assert cases.exposures(tx) == []
        assert signin.session(tx, signin.redeem(tx, signin.new_link(tx, kim))) == kim
        assert audit.verify(tx) == 2


def test_going_all_the_way_down_leaves_no_table(store_url: str) -> None:
    fill(store_url)
    with Registry.open(store_url, KEY) as registry, registry.engine.begin() as connection:
        schema.downgrade(connection, "base")
        assert rows(connection) == {}


def test_a_migration_that_fails_leaves_the_database_as_it_was(sqlite_url: str) -> None:
    fill(sqlite_url)
    engine = create_engine(sqlite_url)
    with engine.begin() as connection:
        connection.execute(text("DROP TABLE audit"))
        connection.execute(text("DROP TABLE sessions"))
        connection.execute(text("UPDATE alembic_version SET version_num = '0002'"))
    with pytest.raises(OperationalError):
        Registry.open(sqlite_url, KEY)  # sign_in_links is there already: the step cannot be made
    with engine.connect() as connection:
        assert connection.scalar(text("SELECT version_num FROM alembic_version")) == "0002"
        assert connection.scalar(select(func.count()).select_from(text("people"))) == 5
        assert "sessions" not in rows(connection)
