"""A person decides how they are told, sees calmly what did not arrive, and reads where was looked."""

from datetime import UTC, datetime

import pytest

from registry import cases, people
from tests.portal.served import Portal, post

FORM = {
    "digest": "daily",
    "digest_at": "18:30",
    "detail": "news",
    "all_clear": "weekly",
    "told_first": "supporter",
    "supporter_email": "centre@example.org",
    "supporter_phrase": "green gate",
    "quiet_from": "22:00",
    "quiet_to": "08:00",
    "timezone": "Europe/Berlin",
    "phrase": "blue heron",
}


def test_wishes_are_kept_and_shown_again(portal: Portal) -> None:
    person = portal.person()
    client = portal.client(person)
    answer = post(client, "/me/messages", "/me/messages", **FORM, messenger_address="tgram://123:abc/5")

    assert answer.status_code == 200
    assert "tgram" not in answer.text
    with portal.registry.reading() as tx:
        kept = people.get(tx, person.id)
    assert (kept.digest, kept.quiet, kept.timezone) == ("daily", "22:00-08:00", "Europe/Berlin")
    assert (kept.told_first, kept.channels) == ("supporter", ("smtp", "apprise"))
    post(client, "/me/messages", "/me/messages", **{**FORM, "quiet_from": "", "quiet_to": ""}, messenger_off="yes")
    with portal.registry.reading() as tx:
        kept = people.get(tx, person.id)
    assert (kept.quiet, kept.channels) == (None, ("smtp",))


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"quiet_to": ""}, "quiet hours"),
        ({"timezone": "Mars"}, "time zone"),
        ({"supporter_email": ""}, "the one you trust"),
        ({"digest_at": "noon"}, "time of day"),
        ({"digest": "hourly"}, "cannot be used"),
        ({"messenger_address": "json://127.0.0.1"}, "messenger cannot be used"),
    ],
)
def test_what_cannot_be_right_is_said_and_nothing_is_changed(portal: Portal, wrong: dict[str, str], said: str) -> None:
    person = portal.person()
    answer = post(portal.client(person), "/me/messages", "/me/messages", **{**FORM, **wrong})
    assert answer.status_code == 422
    assert said in answer.text
    with portal.registry.reading() as tx:
        assert people.get(tx, person.id) == person


def test_a_message_that_was_given_up_is_shown_to_its_person(portal: Portal) -> None:
    person = portal.person()
    found = portal.exposed(portal.enrolled(person))
    client = portal.client(person)
    assert "did not arrive" not in client.get("/me").text
    with portal.registry.transaction() as tx:
        cases.add_alert(tx, person, [found])
        for delivery in cases.outbox_due(tx, datetime.now(UTC)):
            cases.outbox_given_up(tx, delivery.id, "smtp-550")

    assert "did not arrive" in client.get("/me").text
    text = client.get("/me/messages").text
    assert "1 message could not be delivered" in text
    assert "smtp-550" not in text


def test_where_was_looked_is_said_also_when_that_was_nowhere(portal: Portal) -> None:
    person = portal.person()
    portal.enrolled(person)
    text = portal.client(person).get("/me/looked").text
    assert "we could not look anywhere" in text
    assert "nothing new was found" not in text.lower()
