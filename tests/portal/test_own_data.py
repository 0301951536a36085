"""What a person takes with them, adds again, and how the form about messages answers what cannot be right."""

import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from portal.web.app import Settings
from registry import audit, cases, enrolments, passkeys, people, recovery
from registry.errors import AlreadyEnrolled
from registry.reviews import Release
from tests.portal.desks import at_work, client_of
from tests.portal.served import PAGE, PICTURE, Portal, made, post


def exported(portal: Portal, person: people.Person) -> dict[str, object]:
    answer = post(portal.client(person), "/me/export", "/me/account")
    assert answer.headers["content-disposition"] == 'attachment; filename="data.json"'
    told: dict[str, object] = json.loads(answer.text)
    return told


def test_everything_that_is_kept_can_be_taken_along(portal: Portal) -> None:
    at_work(portal, "Worker Han")
    person, _ = client_of(portal, "Kim Haneul", phrase="blue heron", apprise_url="tgram://123:secret/5")
    find = portal.exposed(portal.enrolled(person))
    with portal.registry.transaction("test") as tx:
        letter = cases.save_notice(tx, cases.exposure(tx, find), "us_tida", "en", "Please remove it.")
        cases.mark_sent(tx, letter.id)
        cases.record_reply(tx, letter.id, "acknowledged", "We will look.")
        passkeys.add(tx, person, "my phone", b"credential", b"key", 0)
        code = recovery.new_code(tx, person)

    told = exported(portal, person)

    text = json.dumps(told, ensure_ascii=False)
    for kept in ("Kim Haneul", "blue heron", "Summer", PAGE, PICTURE, "Please remove it.", "We will look.", "my phone"):
        assert kept in text, kept
    assert told["photos"][0]["fingerprint"] == made(1).to_json()  # type: ignore[index]
    assert not [secret for secret in ("tgram", code, "Y3JlZGVudGlhbA") if secret in text]
    with portal.registry.reading() as tx:
        assert "export-taken" in {entry.action for entry in audit.entries(tx)}


@pytest.mark.parametrize("settings", [Settings(release=Release("operator"))])
def test_the_file_tells_no_address_that_the_pages_would_not(portal: Portal) -> None:
    """Not before somebody was verified, and never to somebody under age."""
    at_work(portal, "Worker Han")
    waiting = portal.person("Not Verified")
    young, _ = client_of(portal, "Young One", given_by="guardian", birth_year=datetime.now(UTC).year - 15)
    for person in (waiting, young):
        portal.exposed(portal.enrolled(person))
        text = json.dumps(exported(portal, person))
        assert '"kind": "flipped"' in text
        assert "forum.example" not in text


def test_a_photo_added_before_parts_were_compared_is_named_and_can_be_added_again(portal: Portal) -> None:
    person = portal.person()
    old = replace(made(1), regions=None)
    with portal.registry.transaction("test") as tx:
        from registry import consents

        consents.give(tx, person)
        first = enrolments.enrol(tx, person, old, "Summer")
    client = portal.client(person)
    assert "add it again" in client.get("/me/photos").text

    with portal.registry.transaction("test") as tx:
        position = enrolments.changes(tx, 0)[1]
        again = enrolments.enrol(tx, person, made(1), "Another name")
        [change], _ = enrolments.changes(tx, position)
        assert (again.id, again.label, change.enrolment) == (first.id, "Summer", first.id)
        assert again.created_at > first.created_at  # what has to pass before addresses are shown passes again
        with pytest.raises(AlreadyEnrolled):
            enrolments.enrol(tx, person, made(1))
        with pytest.raises(AlreadyEnrolled):
            enrolments.enrol(tx, person, old)
    assert "add it again" not in client.get("/me/photos").text


@pytest.mark.parametrize(
    ("field", "value"),
    [("quiet_from", "22:00"), ("timezone", "Mars"), ("supporter_email", "nobody"), ("digest_at", "noon")],
)
def test_what_is_wrong_stands_beside_its_field_and_what_was_typed_stays(portal: Portal, field: str, value: str) -> None:
    client = portal.client(portal.person())
    page = post(client, "/me/messages", "/me/messages", **{field: value, "phrase": "blue heron"}).text

    assert f'id="wrong-{field}"' in page
    assert f'value="{value}"' in page
    assert 'value="blue heron"' in page
    assert page.count('aria-invalid="true"') == 1


def test_a_person_chooses_by_which_ways_they_are_told(portal: Portal) -> None:
    person = portal.person(apprise_url="tgram://123:abc/5")
    client = portal.client(person)

    for ticked, chosen in (({"way-apprise": "yes"}, ("apprise",)), ({}, ()), ({"way-smtp": "yes"}, ("smtp",))):
        assert post(client, "/me/messages", "/me/messages", ways="yes", **ticked).status_code == 200
        with portal.registry.reading() as tx:
            assert people.get(tx, person.id).channels == chosen


def test_who_gives_a_messenger_is_told_by_it_whatever_was_ticked(portal: Portal) -> None:
    person = portal.person()
    post(portal.client(person), "/me/messages", "/me/messages", ways="yes", messenger_address="tgram://123:abc/5")
    with portal.registry.reading() as tx:
        assert people.get(tx, person.id).channels == ("apprise",)


def test_a_find_that_is_opened_is_noted(portal: Portal) -> None:
    person = portal.person()
    found = portal.exposed(portal.enrolled(person))
    portal.client(person).get(f"/me/found/{found}")
    with portal.registry.reading() as tx:
        assert (str(person.id), "find-opened", found) in {(e.actor, e.action, e.subject) for e in audit.entries(tx)}
