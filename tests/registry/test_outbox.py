"""The outbox: written with the match, leased to one sender at a time, never lost, given up in the open."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from registry import cases, consents, people
from registry.database import Registry
from registry.errors import BadValue, UnknownAlert, UnknownExposure
from registry.outbox import LEASE
from registry.people import Person
from tests.registry.conftest import Clock, add_kim, enrolled, expose

Story = Callable[[], tuple[Person, UUID, cases.Exposure]]


def alerted(registry: Registry, story: Story, **options: object) -> cases.Delivery:
    """Alert a person about an exposure and give the first delivery."""
    kim, _, found = story()
    with registry.transaction() as tx:
        cases.add_alert(tx, kim, [found], **options)  # type: ignore[arg-type]
        return cases.deliveries(tx)[0]


def test_an_alert_waits_once_for_each_channel_of_the_person(registry: Registry, story: Story) -> None:
    kim, _, found = story()
    with registry.transaction() as tx:
        people.change(tx, kim, webhook_url="https://hooks.example/x")
        alert = cases.add_alert(tx, kim, [found, found.id])
        waiting = cases.deliveries(tx, kim)
    assert (alert.person, alert.exposures) == (kim.id, (found.id,))
    assert {each.channel for each in waiting} == {"smtp", "webhook"}
    assert all(
        (each.state, each.tries, each.person, each.alert) == ("waiting", 0, kim.id, alert.id) for each in waiting
    )
    with registry.reading() as tx:
        assert cases.alerts(tx) == cases.alerts(tx, kim) == [alert]


def test_an_alert_in_a_unit_of_work_that_fails_was_never_there(registry: Registry, story: Story) -> None:
    kim, _, found = story()

    def fail_late() -> None:
        with registry.transaction() as tx:
            cases.add_alert(tx, kim, [found])
            cases.move_cursor(tx, "match", 9)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail_late()
    with registry.reading() as tx:
        assert (cases.alerts(tx), cases.deliveries(tx), cases.cursor(tx, "match")) == ([], [], 0)


def test_what_is_leased_goes_to_nobody_else_until_the_lease_ends(
    registry: Registry, story: Story, clock: Clock
) -> None:
    delivery = alerted(registry, story)
    with registry.transaction() as tx:
        (leased,) = cases.outbox_due(tx, clock.at)
        assert (leased.id, leased.state, leased.leased_until) == (delivery.id, "leased", clock.at + LEASE)
        assert cases.outbox_due(tx, clock.at) == []
    clock.move(seconds=LEASE.total_seconds() - 1)
    with registry.transaction() as tx:
        assert cases.outbox_due(tx, clock.at) == []
    clock.move(seconds=1)
    with registry.transaction() as tx:
        (again,) = cases.outbox_due(tx, clock.at)
    assert (again.id, again.delivery_id) == (delivery.id, delivery.delivery_id)


def test_many_senders_at_once_share_the_work_without_overlap(registry: Registry, story: Story, clock: Clock) -> None:
    kim, _, found = story()
    with registry.transaction() as tx:
        for _ in range(20):
            cases.add_alert(tx, kim, [found])

    def take(_: int) -> list[UUID]:
        with registry.transaction() as tx:
            return [each.id for each in cases.outbox_due(tx, clock.at, limit=4)]

    with ThreadPoolExecutor(4) as pool:
        taken = [each for batch in pool.map(take, range(8)) for each in batch]
    assert len(taken) == len(set(taken)) == 20


def test_a_delivery_that_is_out_tells_its_exposures_once(registry: Registry, story: Story, clock: Clock) -> None:
    delivery = alerted(registry, story)
    with registry.transaction() as tx:
        cases.outbox_due(tx, clock.at)
        assert cases.outbox_done(tx, delivery.id)
        assert not cases.outbox_done(tx, delivery.id)
    with registry.reading() as tx:
        assert [(each.state, each.done_at) for each in cases.deliveries(tx)] == [("done", clock.at)]
        assert [each.state for each in cases.exposures(tx)] == ["told"]


def test_a_failed_try_waits_and_keeps_its_delivery_id(registry: Registry, story: Story, clock: Clock) -> None:
    delivery = alerted(registry, story)
    with registry.transaction() as tx:
        cases.outbox_due(tx, clock.at)
        assert cases.outbox_retry(tx, delivery.id, "smtp-451", clock.at + timedelta(minutes=2))
        assert cases.outbox_due(tx, clock.at + timedelta(minutes=1)) == []
        (again,) = cases.outbox_due(tx, clock.at + timedelta(minutes=2))
    assert (again.tries, again.last_error, again.delivery_id) == (1, "smtp-451", delivery.delivery_id)


def test_a_sender_who_comes_back_late_does_not_undo_what_is_out(registry: Registry, story: Story, clock: Clock) -> None:
    delivery = alerted(registry, story)
    with registry.transaction() as tx:
        cases.outbox_due(tx, clock.at)
        cases.outbox_done(tx, delivery.id)
        assert not cases.outbox_retry(tx, delivery.id, "timeout", clock.at)
        assert not cases.outbox_given_up(tx, delivery.id, "timeout")
        assert not cases.outbox_withheld(tx, delivery.id)
        assert [each.state for each in cases.deliveries(tx)] == ["done"]


def test_what_is_given_up_is_shown_and_can_be_tried_again(registry: Registry, story: Story, clock: Clock) -> None:
    delivery = alerted(registry, story)
    with registry.transaction() as tx:
        cases.outbox_due(tx, clock.at)
        assert cases.outbox_given_up(tx, delivery.id, "smtp-550")
        (shown,) = cases.undeliverable(tx)
        assert (shown.last_error, shown.tries, cases.undeliverable(tx, shown.person)) == ("smtp-550", 1, [shown])
        assert cases.outbox_due(tx, clock.at + timedelta(days=9)) == []
        assert cases.outbox_again(tx, delivery.id, clock.at)
        assert not cases.outbox_again(tx, delivery.id, clock.at)
        assert [each.id for each in cases.outbox_due(tx, clock.at)] == [delivery.id]
        assert cases.undeliverable(tx) == []


def test_a_person_without_any_address_shows_as_undeliverable_from_the_start(registry: Registry, clock: Clock) -> None:
    with registry.transaction() as tx:
        kim = add_kim(tx, email=None)
        cases.add_alert(tx, kim, [expose(tx, enrolled(tx, kim))])
        (shown,) = cases.undeliverable(tx)
        assert (shown.channel, shown.last_error) == ("none", "no-channel")
        assert cases.outbox_due(tx, clock.at) == []
        assert not cases.outbox_again(tx, shown.id, clock.at)


def test_consent_is_asked_again_just_before_telling(registry: Registry, clock: Clock) -> None:
    with registry.transaction() as tx:
        kim = add_kim(tx)
        stays, goes, silenced = (
            expose(tx, enrolled(tx, kim, seed=seed), content_digest=bytes([seed]) * 32) for seed in (1, 2, 3)
        )
        alert = cases.add_alert(tx, kim, [stays, goes, silenced])
        assert len(cases.tellable(tx, alert.id)) == 3
        consents.withdraw(tx, enrolment=goes.enrolment)
        cases.set_state(tx, silenced.id, "dismissed")
        assert [each.id for each in cases.tellable(tx, alert.id)] == [stays.id]
        consents.withdraw(tx, person=kim)
        assert cases.tellable(tx, alert.id) == []
        (leased,) = cases.outbox_due(tx, clock.at)
        assert cases.outbox_withheld(tx, leased.id)
        assert not cases.outbox_withheld(tx, leased.id)
        assert [(each.state, each.last_error) for each in cases.deliveries(tx)] == [("withheld", "no-consent")]


def test_an_outcome_is_a_slug_and_never_a_servers_own_words(registry: Registry, story: Story, clock: Clock) -> None:
    delivery = alerted(registry, story)
    with registry.transaction() as tx:
        cases.outbox_due(tx, clock.at)
        for bad in ("550 kim@example.org unknown", "", "Timeout"):
            with pytest.raises(BadValue):
                cases.outbox_retry(tx, delivery.id, bad, clock.at)


def test_an_alert_is_about_something_and_only_about_the_persons_own(registry: Registry, story: Story) -> None:
    kim, _, found = story()
    with registry.transaction() as tx:
        lee = add_kim(tx, "Lee")
        for person, about in ((kim, []), (lee, [found])):
            with pytest.raises(BadValue):
                cases.add_alert(tx, person, about)
        with pytest.raises(UnknownExposure):
            cases.add_alert(tx, kim, [uuid4()])
        with pytest.raises(UnknownAlert):
            cases.alert(tx, uuid4())


def test_reporting_on_a_delivery_that_was_erased_meanwhile_does_nothing(registry: Registry, clock: Clock) -> None:
    with registry.transaction() as tx:
        assert not cases.outbox_done(tx, uuid4())
        assert not cases.outbox_retry(tx, uuid4(), "timeout", clock.at)
        assert not cases.outbox_given_up(tx, uuid4(), "timeout")
        assert not cases.outbox_withheld(tx, uuid4())


def test_more_news_joins_an_alert_nobody_has_begun_to_send_and_no_other(registry: Registry, clock: Clock) -> None:
    with registry.transaction() as tx:
        kim = add_kim(tx)
        enrolment = enrolled(tx, kim)
        first, second = (expose(tx, enrolment, f"https://a.example/{n}") for n in range(2))
        alert = cases.add_alert(tx, kim, [first])
        cases.add_report(tx, kim, {"pages": 3}, channels=["smtp"])
        waiting = cases.unsent_alert(tx, kim)
        assert waiting is not None
        assert waiting.id == alert.id
        assert len(cases.join_alert(tx, waiting, [second, first]).exposures) == 2
        cases.outbox_due(tx, clock.at)
        assert cases.unsent_alert(tx, kim) is None, "somebody is sending it"


def test_a_postponed_delivery_costs_no_try_and_a_rerouted_one_has_its_new_time(
    registry: Registry, clock: Clock
) -> None:
    later = clock.at + timedelta(hours=8)
    with registry.transaction() as tx:
        kim = add_kim(tx)
        alert = cases.add_alert(tx, kim, [expose(tx, enrolled(tx, kim))], next_at={"smtp": clock.at})
        (leased,) = cases.outbox_due(tx, clock.at)
        assert cases.outbox_postpone(tx, leased.id, later)
        assert not cases.outbox_postpone(tx, leased.id, later)
        assert cases.outbox_due(tx, clock.at) == []
        cases.outbox_reroute(tx, alert.id, {"smtp": clock.at, "webhook": later})
        found = {each.channel: (each.state, each.tries, each.next_at) for each in cases.deliveries(tx)}
    assert found == {"smtp": ("waiting", 0, clock.at), "webhook": ("waiting", 0, later)}


def test_a_report_comes_back_and_is_about_no_exposure(registry: Registry) -> None:
    with registry.transaction() as tx:
        kim = add_kim(tx)
        written = cases.add_report(tx, kim, {"pages": 3}, channels=["smtp"])
        assert (written.kind, written.report, written.exposures) == ("all-clear", {"pages": 3}, ())
        assert cases.alert(tx, written.id) == written
