"""The crawl store's tables go up and down with rows in them, on SQLite and PostgreSQL."""

from datetime import UTC, datetime

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from crawler import schema
from crawler.migrations import downgrade, upgrade
from crawler.outcomes import NewEntry
from crawler.store import CrawlStore
from crawler.targets import CrawlTarget
from matchers.sightings import open_engine


@pytest.fixture
def engine(store_url):
    engine = open_engine(store_url)
    yield engine
    engine.dispose()


def fill(engine: sa.Engine) -> None:
    store = CrawlStore(engine)
    target = CrawlTarget("forum", ("https://forum.example/",))
    store.targets.add(target)
    run = store.frontier.begin(target, datetime.now(UTC))
    store.frontier.add("forum", run, [NewEntry("https://forum.example/2", 1)])


def rows(engine: sa.Engine, table: sa.Table) -> int:
    with engine.connect() as connection:
        return connection.scalar(sa.select(sa.func.count()).select_from(table)) or 0


def test_the_tables_made_by_migrations_are_the_tables_the_code_uses(engine):
    upgrade(engine)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"version_table": "crawler_version"})
        assert compare_metadata(context, schema.crawl_metadata) == []


def test_rows_survive_a_step_down_and_up_again(engine):
    upgrade(engine)
    fill(engine)
    CrawlStore(engine).rechecks.ask(["https://forum.example/2"])
    downgrade(engine, "0001")
    assert rows(engine, schema.frontier) == 2
    upgrade(engine)
    assert rows(engine, schema.frontier) == 2
    assert rows(engine, schema.recheck_requests) == 0
    assert CrawlStore(engine).targets.get("forum").urls == ("https://forum.example/",)


def test_all_the_way_down_leaves_nothing_and_up_again_works(engine):
    upgrade(engine)
    fill(engine)
    downgrade(engine, "base")
    assert set(sa.inspect(engine).get_table_names()) <= {"crawler_version", "sqlite_sequence"}
    upgrade(engine)
    fill(engine)
    assert rows(engine, schema.targets) == 1


def test_upgrading_twice_changes_nothing(engine):
    upgrade(engine)
    fill(engine)
    upgrade(engine)
    assert rows(engine, schema.frontier) == 2
