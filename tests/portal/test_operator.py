"""The operator's and the support centre's rooms: numbers and targets, and never a person."""

from datetime import UTC, datetime, timedelta

from crawler.coverage import Looked, RunCoverage
from crawler.outcomes import Outcome
from crawler.targets import CrawlTarget
from portal.web.operator.plots import plots
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


def test_the_support_door_says_how_a_centre_works_here(portal: Portal) -> None:
    text = portal.client().get("/support").text

    assert "A centre acts for people who asked it to" in text
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


def test_coverage_and_yield_are_drawn_over_time_without_script_or_inline_style(portal: Portal) -> None:
    now = datetime.now(UTC)
    target = CrawlTarget(name="gallery", urls=("https://gallery.example/",))
    portal.store.targets.add(target)
    run = portal.store.frontier.begin(target, now)
    (entry,) = portal.store.frontier.lease(run, "me/1/1", 10, now)
    outcome = Outcome(entry, new_sightings=2, pictures=3)
    outcome.coverage["picture", "new"] = 2
    outcome.coverage["picture", "failed"] = 1
    portal.store.frontier.settle([outcome], now)
    portal.store.frontier.finish(run, "complete", now)

    answer = portal.client(portal.person("Op", roles=("operator",))).get("/operator/coverage")

    assert answer.status_code == 200
    assert answer.text.count("<rect") == 4  # a page, pictures seen and missed, sightings
    assert "2 new or changed" in answer.text
    assert "1 not seen" in answer.text
    assert "to its end" in answer.text
    assert "style=" not in answer.text
    assert "gallery.example" not in answer.text


def test_work_that_takes_long_is_shown_with_rate_and_time_left(portal: Portal) -> None:
    now = datetime.now(UTC)
    target = CrawlTarget(name="gallery", urls=("https://gallery.example/", "https://gallery.example/2"))
    portal.store.targets.add(target)
    portal.store.frontier.begin(target, now)
    operator = portal.client(portal.person("Op", roles=("operator",)))
    with portal.store.long_work.shown("look-back", "sightings") as told:
        told(0, 2_000_000)
        told(500_000, 2_000_000)

        shown = operator.get("/operator/work").text

        assert "Looking at the past" in shown
        assert 'max="2000000"' in shown
        assert "under way" in shown
        assert "gallery" in shown
        assert "gallery.example" not in shown
    assert portal.client(portal.person("Kim", email="k@example.org")).get("/operator/work").status_code == 403


def test_a_day_without_a_crawl_is_an_empty_place_and_the_tallest_day_fills_the_plot() -> None:
    now = datetime(2026, 11, 28, 12, tzinfo=UTC)
    runs = [
        RunCoverage("a", now - timedelta(days=back), now, "complete", Looked(new=new, failed=1), Looked(), 0, {})
        for back, new in ((0, 9), (3, 4))
    ]
    pages, pictures, _ = plots(runs, now, days=10)
    assert (pages.top, pages.totals, pictures.top) == (10, {"fresh": 13, "same": 0, "missed": 2}, 0)
    assert {bar.day.day for bar in pages.bars} == {28, 25}
    assert min(bar.y for bar in pages.bars) == 0
    assert all(bar.y + bar.height <= pages.height for bar in pages.bars)


def test_machines_nearby_get_the_publishable_numbers_as_json(portal: Portal) -> None:
    answer = portal.client().get("/api/v1/removals")

    assert answer.json() == {"least_people": 10, "removals": []}
    assert answer.headers["content-type"] == "application/json"
