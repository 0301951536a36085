"""Opening a registry: its tables, its key, its files, and who else is opening it."""

import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import LargeBinary, inspect, text

from registry import crypto, people, schema
from registry.database import Registry
from registry.errors import NewerRegistry, RegistryUnavailable, WrongKey
from registry.models import Base
from tests.registry.conftest import KEY, add_kim


def test_the_tables_of_a_new_registry_are_the_models(registry: Registry) -> None:
    with registry.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, Base.metadata) == []


def test_the_head_this_version_knows_is_the_newest_migration(sqlite_registry: Registry) -> None:
    with sqlite_registry.engine.connect() as connection:
        assert ScriptDirectory.from_config(schema.config(connection)).get_current_head() == schema.HEAD


def test_opening_again_finds_everything(store_url: str) -> None:
    with Registry.open(store_url, KEY) as registry, registry.transaction() as tx:
        kim = add_kim(tx)
    with Registry.open(store_url, KEY) as registry, registry.reading() as tx:
        assert people.get(tx, kim.id) == kim


def test_a_key_that_does_not_fit_is_named_and_changes_nothing(store_url: str) -> None:
    Registry.open(store_url, KEY).close()
    with pytest.raises(WrongKey, match="does not fit"):
        Registry.open(store_url, b"x" * 32)
    Registry.open(store_url, KEY).close()


def test_a_database_whose_key_is_lost_does_not_get_a_new_one(sqlite_url: str) -> None:
    Registry.open(sqlite_url).close()
    crypto.key_file().unlink()
    with pytest.raises(WrongKey, match="missing"):
        Registry.open(sqlite_url)
    assert not crypto.key_file().exists()


def test_many_may_open_a_new_registry_at_once(store_url: str) -> None:
    def open_and_add(number: int) -> None:
        with Registry.open(store_url) as registry, registry.transaction() as tx:
            add_kim(tx, f"Kim {number}", email=f"{number}@example.org")

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(open_and_add, range(4)))
    with Registry.open(store_url) as registry, registry.reading() as tx:
        assert len(people.people(tx)) == 4


def test_a_registry_of_a_newer_version_is_left_alone(store_url: str) -> None:
    with Registry.open(store_url, KEY) as registry, registry.engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(NewerRegistry, match="newer version"):
        Registry.open(store_url, KEY)


def test_only_the_owner_reads_the_database_files(sqlite_registry: Registry) -> None:
    with sqlite_registry.transaction() as tx:
        add_kim(tx)
    file = Path(str(sqlite_registry.engine.url.database))
    modes = {each.name: stat.S_IMODE(each.stat().st_mode) for each in file.parent.glob("registry.sqlite3*")}
    assert len(modes) == 3
    assert set(modes.values()) == {0o600}


def test_sqlite_is_durable_overwrites_what_it_deletes_and_keeps_references(sqlite_registry: Registry) -> None:
    with sqlite_registry.engine.connect() as connection:
        found = {
            name: connection.scalar(text(f"PRAGMA {name}"))
            for name in ("journal_mode", "synchronous", "secure_delete", "foreign_keys")
        }
    assert found == {"journal_mode": "wal", "synchronous": 2, "secure_delete": 1, "foreign_keys": 1}


def test_postgresql_copies_no_sealed_column_into_its_statistics(postgres_database: str) -> None:
    sealed = {
        (table.name, column.name)
        for table in Base.metadata.sorted_tables
        for column in table.columns
        if isinstance(column.type, LargeBinary)
    }
    with Registry.open(postgres_database, KEY) as registry, registry.engine.connect() as connection:
        kept_out = connection.execute(
            text(
                "SELECT c.relname, a.attname FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid "
                "WHERE c.relkind = 'r' AND a.attstattarget = 0"
            )
        )
        assert sealed == {(table, column) for table, column in kept_out}


def test_a_unit_of_work_that_fails_leaves_nothing(registry: Registry) -> None:
    with pytest.raises(ZeroDivisionError), registry.transaction() as tx:
        add_kim(tx)
        _ = 1 / 0
    with registry.reading() as tx:
        assert people.people(tx) == []


def test_reading_cannot_write(registry: Registry) -> None:
    with pytest.raises(RegistryUnavailable, match="read-only"), registry.reading() as tx:
        add_kim(tx)
    with registry.reading() as tx:
        assert people.people(tx) == []


def test_reading_sees_one_state_while_others_write(registry: Registry) -> None:
    with registry.reading() as before:
        assert people.people(before) == []
        with registry.transaction() as tx:
            add_kim(tx)
        assert people.people(before) == []


@pytest.mark.parametrize(
    "url", ["sqlite://", "sqlite:///:memory:", "mysql://localhost/x", "sqlite:////nowhere/at/all.db"]
)
def test_a_place_that_cannot_hold_a_registry_is_refused_with_what_to_do(url: str) -> None:
    with pytest.raises(RegistryUnavailable):
        Registry.open(url, KEY)


def test_a_server_that_does_not_answer_is_named_without_its_password() -> None:
    with pytest.raises(RegistryUnavailable, match="cannot be reached") as caught:
        Registry.open("postgresql://me:secret@127.0.0.1:1/nothing", KEY)
    assert "secret" not in str(caught.value)


def test_there_is_no_table_that_the_models_do_not_know(registry: Registry) -> None:
    with registry.engine.connect() as connection:
        assert set(inspect(connection).get_table_names()) == {*Base.metadata.tables, "alembic_version"}
