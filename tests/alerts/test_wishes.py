"""What a person wishes is what happens: when, by which way, whom first, and how much a message says."""

import email
import json
from datetime import UTC, datetime, timedelta

from alerts.channels.supporter import SupporterChannel
from alerts.channels.webhook import WebhookChannel
from alerts.outbox import drain
from alerts.telling import change_wishes
from alerts.triage import LiveIndex, match_new
from registry import cases
from tests.alerts.conftest import add_person, enrol, sighting
from tests.alerts.hostile import STRINGS


def told(registry, log, **wishes):
    person = add_person(registry, phrase="blue lantern", **wishes)
    enrol(registry, person)
    log.append([sighting(1, f"https://forum.example/{n}") for n in range(3)])
    match_new(registry, log, LiveIndex())
    return person


def texts(server) -> list[str]:
    return [
        email.message_from_bytes(each.content).get_payload(decode=True).decode().replace("\r\n", "\n")
        for each in server.taken
    ]


def test_news_of_several_rounds_is_one_digest_and_waits_for_its_time(registry, log, mail_server):
    person = told(registry, log, digest="daily")
    log.append([sighting(1, "https://forum.example/more")])
    match_new(registry, log, LiveIndex())
    channels = {"smtp": mail_server.channel()}
    with registry.reading() as tx:
        (alert,) = cases.alerts(tx, person)
        assert len(alert.exposures) == 4
        (delivery,) = cases.deliveries(tx)
    assert delivery.next_at > datetime.now(UTC)
    drain(registry, channels, delivery.next_at - timedelta(minutes=1))
    assert mail_server.taken == []
    assert drain(registry, channels, delivery.next_at).delivered == 1


def test_changed_wishes_move_what_waits(registry, log, mail_server):
    person = told(registry, log, digest="weekly")
    channels = {"smtp": mail_server.channel()}
    assert drain(registry, channels).delivered == 0
    with registry.transaction() as tx:
        change_wishes(tx, person, digest="now")
    assert drain(registry, channels).delivered == 1


def test_quiet_hours_are_asked_again_before_sending_and_cost_no_try(registry, log, mail_server):
    person = told(registry, log, timezone="UTC")
    with registry.transaction() as tx:
        from registry import people

        people.change(tx, person, quiet="22:00-08:00")
    channels = {"smtp": mail_server.channel()}
    night = datetime.now(UTC).replace(hour=23, minute=0) + timedelta(days=1)
    assert drain(registry, channels, night).postponed == 1
    assert mail_server.taken == []
    morning = (night + timedelta(days=1)).replace(hour=8, minute=0, second=0, microsecond=0)
    with registry.reading() as tx:
        (delivery,) = cases.deliveries(tx)
    assert (delivery.next_at, delivery.tries) == (morning, 0)
    assert drain(registry, channels, morning).delivered == 1


def test_one_picture_on_three_pages_is_one_thing_in_a_message(registry, log, mail_server):
    told(registry, log)
    drain(registry, {"smtp": mail_server.channel()})
    assert "something new to check in your account: 1." in texts(mail_server)[0]


def test_the_level_of_detail_decides_how_much_a_message_says(registry, log, mail_server, hook_server):
    person = told(registry, log, detail="kinds", webhook_url=hook_server.url, webhook_secret="s")
    drain(registry, {"smtp": mail_server.channel(), "webhook": WebhookChannel(allow_loopback=True)})
    assert "- the same as a whole: 1\n- in 3 places in all" in texts(mail_server)[0]
    sent = json.loads(hook_server.requests[0].partition(b"\r\n\r\n")[2])
    assert (sent["count"], sent["pages"], sent["kinds"]) == (1, 3, {"whole": 1})

    with registry.transaction() as tx:
        change_wishes(tx, person, detail="news")
        cases.add_alert(tx, person, cases.exposures(tx))
    drain(registry, {"smtp": mail_server.channel(), "webhook": WebhookChannel(allow_loopback=True)})
    assert "1" not in texts(mail_server)[1].split("The phrase")[0]
    assert "count" not in json.loads(hook_server.requests[1].partition(b"\r\n\r\n")[2])


def test_a_supporter_learns_that_there_is_news_and_nothing_of_it(registry, log, mail_server):
    person = told(
        registry,
        log,
        told_first="supporter",
        supporter_email="centre@example.org",
        supporter_phrase="green gate",
        detail="kinds",
    )
    channels = {"smtp": mail_server.channel(), "supporter": SupporterChannel(mail_server.channel())}
    assert drain(registry, channels).delivered == 1
    (text,) = texts(mail_server)
    assert mail_server.taken[0].rcpt_tos == ["centre@example.org"]
    assert "green gate" in text
    assert not [word for word in ("blue lantern", person.name, "forum", "the same", "http") if word in text]
    assert drain(registry, channels, datetime.now(UTC) + timedelta(hours=25)).delivered == 1
    assert mail_server.taken[1].rcpt_tos == [person.email]


def test_when_the_supporter_cannot_be_reached_the_person_is_told_instead(registry, log, mail_server):
    told(registry, log, told_first="supporter-only", supporter_email="centre@example.org")
    channels = {"smtp": mail_server.channel(), "supporter": SupporterChannel(mail_server.channel())}
    mail_server.recipient_answer = "550 nobody here"
    assert drain(registry, channels, limit=1).given_up == 1
    mail_server.recipient_answer = "250 ok"
    assert drain(registry, channels).delivered == 1
    with registry.reading() as tx:
        assert [each.last_error for each in cases.undeliverable(tx)] == ["smtp-recipient-550"]


def test_hostile_phrases_for_a_supporter_never_alter_the_words():
    from alerts.message import supporter_body
    from alerts.notices.facts import facts
    from tests.alerts.conftest import NOW, outgoing

    known = facts(NOW.date())
    plain = supporter_body(outgoing(supporter_phrase="x"), known).splitlines()
    for untrusted in STRINGS:
        lines = supporter_body(outgoing(supporter_phrase=untrusted or "x"), known).splitlines()
        assert [n for n, line in enumerate(lines) if line != plain[n]] in ([], [5]), untrusted
