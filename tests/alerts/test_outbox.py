"""The outbox: what is due goes out, what is not taken is tried again, what is given up is shown."""

import random
from collections import Counter
from datetime import UTC, datetime, timedelta
from email import message_from_bytes

import pytest

from alerts import outbox
from alerts.channels import configured
from alerts.channels.webhook import WebhookChannel
from alerts.outbox import MOST_TRIES, drain, wait_before
from alerts.triage import LiveIndex, match_new
from registry import cases, consents
from registry.database import Registry
from tests.alerts.conftest import KEY, add_person, enrol, sighting

LATER = timedelta(days=2)
MOODS = [("", "250 ok")] * 5 + [("", "451 busy"), ("before", "250 ok"), ("after", "250 ok")]  # (drop, answer)


def states(registry) -> Counter:
    with registry.reading() as tx:
        return Counter(each.state for each in cases.deliveries(tx))


def now() -> datetime:
    return datetime.now(UTC)


def test_an_alert_is_delivered_once_and_its_exposure_is_then_told(registry, found, mail_server):
    _person, exposure = found(phrase="blue lantern")
    channels = {"smtp": mail_server.channel()}

    assert drain(registry, channels).delivered == 1
    assert drain(registry, channels).delivered == 0
    assert len(mail_server.taken) == 1
    with registry.reading() as tx:
        assert cases.exposure(tx, exposure.id).state == "told"


def test_nothing_of_the_sighting_leaves_the_house_by_mail(registry, found, mail_server):
    person, exposure = found()
    drain(registry, {"smtp": mail_server.channel()})

    mail = message_from_bytes(mail_server.taken[0].content)
    everything = mail.as_string() + mail.get_payload(decode=True).decode()
    for private in (exposure.page_url, exposure.picture_url, "forum", "cdn", str(exposure.id), str(person.id)):
        assert private not in everything


def test_consent_withdrawn_after_the_match_stops_the_alert(registry, found, mail_server):
    person, _ = found()
    with registry.transaction() as tx:
        consents.withdraw(tx, person=person)

    assert drain(registry, {"smtp": mail_server.channel()}).withheld == 1
    assert mail_server.taken == []
    assert states(registry) == {"withheld": 1}


def test_a_busy_server_is_tried_again_later_and_then_takes_the_same_message(registry, found, mail_server):
    found()
    channels = {"smtp": mail_server.channel()}
    mail_server.answer = "451 busy"
    assert drain(registry, channels).retried == 1
    assert drain(registry, channels) == outbox.DrainReport(), "it waits before it tries again"

    mail_server.answer = "250 ok"
    assert drain(registry, channels, now() + LATER).delivered == 1


def test_an_alert_nobody_takes_is_given_up_where_the_operator_sees_it(registry, found, mail_server):
    found()
    mail_server.answer = "451 busy"
    at, rounds = now(), 0
    while states(registry)["given-up"] == 0:
        at, rounds = at + LATER, rounds + 1
        drain(registry, {"smtp": mail_server.channel()}, at)
    assert rounds == MOST_TRIES
    with registry.reading() as tx:
        (given_up,) = cases.undeliverable(tx)
    assert given_up.last_error == "smtp-451"

    mail_server.answer = "250 ok"
    with registry.transaction() as tx:
        assert cases.outbox_again(tx, given_up.id, at)
    assert drain(registry, {"smtp": mail_server.channel()}, at).delivered == 1


def test_a_refused_address_is_given_up_at_once_and_loudly(registry, found, mail_server):
    found()
    mail_server.recipient_answer = "550 nobody here"
    assert drain(registry, {"smtp": mail_server.channel()}).given_up == 1
    with registry.reading() as tx:
        assert [each.last_error for each in cases.undeliverable(tx)] == ["smtp-recipient-550"]


def test_without_a_mail_server_alerts_wait_and_cost_no_try(registry, found, mail_server):
    found()
    assert drain(registry, {}).not_set_up == 1
    with registry.reading() as tx:
        assert [each.tries for each in cases.deliveries(tx)] == [0]
    assert drain(registry, {"smtp": mail_server.channel()}, now() + LATER).delivered == 1


def test_a_person_nobody_can_reach_is_shown_as_undeliverable(registry, found):
    found(email=None)
    with registry.reading() as tx:
        assert [(each.channel, each.last_error) for each in cases.undeliverable(tx)] == [("none", "no-channel")]


def test_a_sender_that_dies_in_the_middle_leaves_the_delivery_to_the_next_one(registry, found, mail_server):
    found()

    class Dying:
        name = "smtp"

        def send(self, outgoing):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        drain(registry, {"smtp": Dying()})
    assert drain(registry, {"smtp": mail_server.channel()}).delivered == 0, "its lease still runs"
    assert drain(registry, {"smtp": mail_server.channel()}, now() + LATER).delivered == 1


def test_a_channel_that_breaks_does_not_keep_others_from_being_told(registry, log, mail_server, hook_server):
    class Broken:
        name = "smtp"

        def send(self, outgoing):
            raise ZeroDivisionError

    enrol(registry, add_person(registry, webhook_url=hook_server.url, webhook_secret="s"), 1)
    log.append([sighting(1)])
    match_new(registry, log, LiveIndex())

    report = drain(registry, {"smtp": Broken(), "webhook": WebhookChannel(allow_loopback=True)})
    assert (report.delivered, report.retried) == (1, 1)


def test_a_hundred_alerts_through_a_moody_server_all_arrive_and_double_only_where_it_had_taken_them(
    registry, log, mail_server
):
    """The server answers 4xx, drops before and after taking, by a seeded dice."""
    dice = random.Random(7)
    for n in range(20):
        enrol(registry, add_person(registry, f"Person {n}"), n)
    log.append([sighting(seed, f"https://forum.example/{n}/{seed}") for seed in range(20) for n in range(5)])
    match_new(registry, log, LiveIndex())
    with registry.transaction() as tx:  # 20 alerts about five places each; with these there are a hundred
        for each in cases.exposures(tx):
            if not each.page_url.startswith("https://forum.example/0/"):
                cases.add_alert(tx, each.person, [each])
    taken_without_our_knowing = 0
    handle = type(mail_server).handle_DATA

    async def moody(self, server, session, envelope):
        nonlocal taken_without_our_knowing
        self.drop, self.answer = dice.choice(MOODS)
        taken_without_our_knowing += self.drop == "after"
        return await handle(self, server, session, envelope)

    type(mail_server).handle_DATA, kept = moody, handle
    try:
        at = now()
        while states(registry)["done"] < 100:
            at += LATER
            drain(registry, {"smtp": mail_server.channel()}, at)
            assert states(registry)["given-up"] == 0
    finally:
        type(mail_server).handle_DATA = kept

    ids = Counter(message_from_bytes(each.content)["Message-ID"] for each in mail_server.taken)
    assert len(ids) == 100
    assert sum(ids.values()) - 100 <= taken_without_our_knowing


def test_waiting_doubles_is_capped_and_grants_a_wish():
    assert timedelta(seconds=45) <= wait_before(0) <= timedelta(seconds=75)
    assert timedelta(minutes=12) <= wait_before(4) <= timedelta(minutes=20)
    assert wait_before(1000) <= timedelta(hours=7.5)
    assert wait_before(0, 7200) == timedelta(hours=2)
    assert wait_before(0, 10**9) == timedelta(hours=6)


def test_the_outbox_drains_on_both_databases(either_registry, log, mail_server):
    enrol(either_registry, add_person(either_registry), 1)
    log.append([sighting(1)])
    match_new(either_registry, log, LiveIndex())
    assert drain(either_registry, {"smtp": mail_server.channel()}).delivered == 1


def test_channels_of_the_environment_deliver(tmp_path, log, mail_server, monkeypatch):
    environ = {"WATCHLIGHT_SMTP_URL": mail_server.url, "WATCHLIGHT_MAIL_FROM": "news@alerts.example"}
    with Registry.open(f"sqlite:///{tmp_path / 'r.sqlite3'}", KEY) as registry:
        enrol(registry, add_person(registry), 1)
        log.append([sighting(1)])
        match_new(registry, log, LiveIndex())
        assert drain(registry, configured(environ)).delivered == 1
