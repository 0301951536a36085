"""The operator's and the support centre's rooms: numbers and targets, and never a person."""

from datetime import UTC, datetime

from crawler.targets import CrawlTarget
from registry import cases
from tests.portal.served import Portal


def test_the_operator_sees_targets_coverage_and_what_did_not_get_out(portal: Portal) -> None:
    portal.store.targets.add(CrawlTarget(name="gallery", urls=("https://gallery.example/",)))
    portal.store.targets.add(CrawlTarget(name="board", urls=("https://board.example/",), paused=True))
    person = portal.person(email=None)
    found = portal.exposed(portal.enrolled(person))
    with portal.registry.transaction() as tx:
        cases.add_alert(tx, person, [found])

    text = portal.client(portal.person("Op", roles=("operator",))).get("/operator").text

    assert "gallery" in text
    assert "paused" in text
    assert "1 message did not get out" in text
    assert "no-channel" in text


def test_nothing_about_a_person_is_on_the_operators_page(portal: Portal) -> None:
    person = portal.person("Kim Haneul", phrase="blue heron", webhook_url="https://hook.example/")
    enrolment = portal.enrolled(person, label="Summer")
    found = portal.exposed(enrolment)
    with portal.registry.transaction() as tx:
        alert = cases.add_alert(tx, person, [found])
        for delivery in cases.outbox_due(tx, datetime.now(UTC)):
            cases.outbox_given_up(tx, delivery.id, "smtp-550")

    text = portal.client(portal.person("Op", roles=("operator",))).get("/operator").text

    assert "smtp-550" in text
    private = ("Haneul", "haneul@", "blue heron", "hook.example", "Summer", "forum.example")
    assert not [word for word in (*private, *map(str, (person.id, enrolment, found, alert.id))) if word in text]


def test_the_support_door_says_what_is_not_there_yet(portal: Portal) -> None:
    text = portal.client().get("/support").text

    assert "This room is not furnished yet" in text
    assert "help@example.org" in text


def test_a_caseworkers_role_opens_nobodys_data(portal: Portal) -> None:
    client = portal.client(portal.person("Case Worker", roles=("caseworker",)))

    assert "You are signed in as a caseworker" in client.get("/support").text
    assert {client.get(path).status_code for path in ("/me", "/me/found", "/operator")} == {403}


def test_the_numbers_of_removals_are_for_operators_and_caseworkers_and_name_nobody(portal: Portal) -> None:
    for number in range(6):
        found = portal.exposed(portal.enrolled(portal.person(f"Kim {number}", email=f"kim{number}@example.org")))
        with portal.registry.transaction() as tx:
            cases.mark_sent(tx, cases.save_notice(tx, found, "us_tida", "en", "text").id)
    operator = portal.client(portal.person("Op", roles=("operator",), email="op@example.org"))
    caseworker = portal.client(portal.person("Case Worker", roles=("caseworker",), email="cw@example.org"))

    inside = operator.get("/operator/removals").text
    assert "us_tida" in inside
    assert "forum.example" not in inside
    assert "Kim" not in inside
    assert "not enough notices yet" in caseworker.get("/support/removals").text
    assert caseworker.get("/operator/removals").status_code == 403
    assert portal.client(portal.person("Somebody", email="s@example.org")).get("/support/removals").status_code == 403
