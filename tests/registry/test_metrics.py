"""The registry counts rows for /metrics, and says when its database does not answer."""

from datetime import timedelta

from prometheus_client import CollectorRegistry, generate_latest

from registry import cases, consents
from registry.database import Registry
from registry.metrics import RegistryMetrics
from tests.registry.conftest import KEY, Clock, add_kim, enrolled, expose


def scrape(registry: Registry) -> dict[str, float]:
    collectors = CollectorRegistry()
    collectors.register(RegistryMetrics(registry))
    lines = generate_latest(collectors).decode().splitlines()
    pairs = (line.rsplit(" ", 1) for line in lines if not line.startswith("#"))
    return {name.removeprefix("watchlight_registry_"): float(value) for name, value in pairs}


def test_an_empty_registry_counts_zero_of_everything(registry: Registry) -> None:
    found = scrape(registry)
    assert found.pop("up") == 1
    assert set(found.values()) == {0}
    assert {'exposures{state="new"}', 'outbox_deliveries{state="given-up"}'} <= set(found)


def test_the_counts_follow_what_happens(registry: Registry, clock: Clock) -> None:
    with registry.transaction() as tx:
        kim = add_kim(tx)
        first, second = enrolled(tx, kim, seed=1), enrolled(tx, kim, seed=2)
        cases.add_alert(tx, kim, [expose(tx, first), expose(tx, second, content_digest=b"2" * 32)])
        cases.add_report(tx, kim, {}, channels=["smtp"], next_at=clock.at + timedelta(days=7))  # waits for its day
        consents.withdraw(tx, enrolment=second)
    clock.move(minutes=10)
    found = scrape(registry)
    assert (found["people"], found["enrolments_active"]) == (1, 1)
    assert (found['exposures{state="new"}'], found['outbox_deliveries{state="waiting"}']) == (2, 2)
    assert found["outbox_oldest_seconds"] == 600


def test_a_database_that_is_gone_shows_as_down(postgres_server: str, postgres_database: str) -> None:
    import psycopg
    import sqlalchemy

    with Registry.open(postgres_database, KEY) as registry:
        registry.engine.dispose()
        with psycopg.connect(postgres_server, autocommit=True) as connection:
            name = sqlalchemy.make_url(postgres_database).database
            connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)'.encode())
        assert scrape(registry) == {"up": 0}
