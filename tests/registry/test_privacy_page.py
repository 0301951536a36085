"""docs/privacy.md explains every stored field of both databases, and none that is not there."""

import re
from dataclasses import fields
from pathlib import Path

from sqlalchemy import Engine, LargeBinary, inspect

from alerts.allclear import AllClear
from crawler.store import CrawlStore
from registry import cases
from registry.database import Registry
from registry.models import Base
from registry.people import PROFILE
from tests.registry.conftest import Clock, add_kim, enrolled, expose

PAGE = Path(__file__).parents[2] / "docs" / "privacy.md"


def explained(*, dots: int = 1) -> list[str]:
    """Give the fields in the first column of the page's tables: table.column, or table.column.field."""
    names = re.findall(r"^\| `([a-z_.]+)` \| [^|]+ \|", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    return [name for name in names if name.count(".") == dots]


def columns_of(engine: Engine) -> set[str]:
    found = inspect(engine)
    return {f"{table}.{column['name']}" for table in found.get_table_names() for column in found.get_columns(table)}


def test_every_column_of_both_stores_is_explained_and_no_other(registry: Registry, tmp_path: Path) -> None:
    crawl_store = CrawlStore.open(f"sqlite:///{tmp_path / 'crawl.sqlite3'}")
    stored = columns_of(registry.engine) | columns_of(crawl_store.engine)
    crawl_store.engine.dispose()
    assert set(explained()) == stored
    assert len(explained()) == len(stored)


def test_every_field_inside_a_sealed_record_is_explained_and_no_other(registry: Registry, clock: Clock) -> None:
    with registry.transaction() as tx:
        kim = add_kim(tx)
        found = expose(tx, enrolled(tx, kim))
        cases.save_notice(tx, found, "us_tida", "en", "text")
        looked = dict.fromkeys(each.name for each in fields(AllClear))
        cases.add_report(tx, kim, looked, channels=["smtp"])
        records = {
            f"{table.name}.{column}.{name}"
            for table, column in (
                (Base.metadata.tables["exposures"], "found"),
                (Base.metadata.tables["people"], "profile"),
                (Base.metadata.tables["stories"], "picture"),
                (Base.metadata.tables["alerts"], "report"),
            )
            for row in tx.session.execute(table.select()).mappings()
            for name in tx.unseal_record(kim.id, f"{table.name}/{row['id']}/{column}", row[column])
        }
    letter = {"text", "subject", "recipient", "paper"}
    assert letter <= {each.name for each in fields(cases.Notice)}
    assert {f"people.profile.{name}" for name in PROFILE} <= records
    assert set(explained(dots=2)) == records | {f"notices.letter.{name}" for name in letter}


def test_every_column_of_bytes_in_the_registry_is_said_to_be_unreadable() -> None:
    page = PAGE.read_text(encoding="utf-8")
    for table in Base.metadata.sorted_tables:
        for column in table.columns:
            if isinstance(column.type, LargeBinary) and table.name != "house":
                row = re.search(rf"^\| `{table.name}.{column.name}` \| (.+?) \|", page, re.MULTILINE)
                assert row, f"{table.name}.{column.name}"
                assert re.search(r"sealed|index of|wrapped|SHA-256|HMAC", row[1]), row[0]
