"""The operator's rooms where something is done: places, candidates, limits, common pictures, facts, health."""

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from alerts.notices.facts import facts
from alerts.triage import LiveIndex, match_new
from crawler import records, schema
from crawler.coverage import Looked
from crawler.outcomes import Outcome
from crawler.targets import CrawlTarget
from matchers.deciding import Weighed, Whole
from matchers.matching import Decision
from matchers.sightings import Sighting
from portal.doctor import CHECKS
from portal.web.language import languages
from portal.web.operator import state
from registry import cases, decisions, dismissals
from tests.crawler.conftest import Answer, LittleSite
from tests.portal.served import PAGE, Portal, made, post

NEW = {"name": "gallery", "urls": "https://gallery.example/", "kind": "pages"}
NOW = datetime.now(UTC)


@pytest.fixture
def operator(portal: Portal) -> httpx.Client:
    return portal.client(portal.person("Op", roles=("operator",)))


def test_a_place_is_added_tuned_paused_and_drained_and_what_is_wrong_stands_beside_its_field(
    portal: Portal, operator: httpx.Client
) -> None:
    wrong = {
        "name": "bad name!",
        "urls": "javascript:alert(1)",
        "depth": "1.5",
        "delay_s": "nan",
        "quiet_hours": "25:00-1",
    }
    answer = post(operator, "/operator/targets", "/operator/targets/new", **{**NEW, **wrong, "reason": "asked us to"})
    assert answer.status_code == 422
    for field in wrong:
        assert f'id="wrong-{field}"' in answer.text
    assert "javascript:alert(1)" in answer.text, "what was typed stays"
    assert "asked us to" in answer.text
    assert portal.store.targets.all() == []

    made_ = post(operator, "/operator/targets", "/operator/targets/new", **NEW, depth="1", every_hours="12")
    assert made_.headers["location"] == "/operator/targets/gallery"
    assert post(operator, "/operator/targets", "/operator/targets/new", **NEW).status_code == 422, "the name is taken"
    page = "/operator/targets/gallery"
    post(operator, f"{page}/tune", page, depth="3", delay_s="2.5", max_pages="50", quiet_hours="23:00-07:00")
    assert post(operator, f"{page}/tune", page, max_pages="0").status_code == 422
    post(operator, f"{page}/state", page, do="pause")

    kept = portal.store.targets.get("gallery")
    assert (kept.depth, kept.delay_s, kept.max_pages, kept.quiet_hours) == (3, 2.5, 50, "23:00-07:00")
    assert (kept.paused, kept.interval_s, kept.urls) == (True, 43_200, ("https://gallery.example/",))
    assert "paused" in operator.get(page).text
    post(operator, f"{page}/state", page, do="resume")
    portal.store.frontier.begin(kept, NOW)
    post(operator, f"{page}/state", page, do="drain")
    assert "finishing what waits" in operator.get(page).text
    assert operator.get("/operator/targets/nowhere").status_code == 404


def test_a_place_is_removed_when_it_is_paused_and_somebody_says_that_they_mean_it(
    portal: Portal, operator: httpx.Client
) -> None:
    portal.store.targets.add(CrawlTarget("gallery", ("https://gallery.example/",)))
    page = "/operator/targets/gallery"
    refused = post(operator, f"{page}/remove", page, sure="yes")
    assert (refused.status_code, "pause it first" in refused.text) == (422, True)
    post(operator, f"{page}/state", page, do="pause")
    unsure = post(operator, f"{page}/remove", page)
    assert (unsure.status_code, "Nothing was removed" in unsure.text) == (422, True)
    assert len(portal.store.targets.all()) == 1
    assert post(operator, f"{page}/remove", page, sure="yes").headers["location"] == "/operator"
    assert portal.store.targets.all() == []
    assert post(operator, f"{page}/remove", "/operator/targets/new", sure="yes").status_code == 404


def test_a_place_has_its_own_plots_with_the_same_numbers_as_a_table(portal: Portal, operator: httpx.Client) -> None:
    for name, pictures in (("gallery", 2), ("board", 7)):
        target = CrawlTarget(name=name, urls=(f"https://{name}.example/",))
        portal.store.targets.add(target)
        run = portal.store.frontier.begin(target, NOW)
        (entry,) = portal.store.frontier.lease(run, "me/1/1", 10, NOW)
        outcome = Outcome(entry, new_sightings=pictures, pictures=pictures, refusals=Counter({"picture-robots": 1}))
        outcome.coverage["picture", "new"] = pictures
        outcome.coverage["picture", "robots"] = 1
        portal.store.frontier.settle([outcome], NOW)
        portal.store.frontier.finish(run, "complete", NOW)

    text = operator.get("/operator/targets/gallery").text

    assert text.count("<rect") == 4, "a page, pictures seen and missed, sightings"
    assert "upper edge: 3" in text, "two pictures seen and one missed; nothing of the other place"
    today = NOW.date().isoformat()
    assert (
        f'<th scope="row">{today}</th><td class="number">2</td><td class="number">0</td><td class="number">1</td>'
        in text
    )
    assert "picture-robots" in text
    assert "style=" not in text
    assert '<a href="/operator/targets/gallery">' in operator.get("/operator/coverage").text


def test_a_look_before_adding_stores_nothing_and_fills_the_form(
    portal: Portal, operator: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WATCHLIGHT_ALLOW_LOOPBACK", "1")
    site = LittleSite()
    site.pages |= {"/robots.txt": Answer("User-agent: *\nCrawl-delay: 7\n", "text/plain"), "/": '<img src="/a.jpg">'}
    try:
        answer = post(operator, "/operator/targets/probe", "/operator/targets/new", url=site.url("/"), plain="yes")
    finally:
        site.server.shutdown()
    assert answer.status_code == 200
    assert "asks for 7" in answer.text
    assert f"{site.url('/')}</textarea>" in answer.text
    assert portal.store.targets.all() == []
    bad = post(operator, "/operator/targets/probe", "/operator/targets/new", url="http://")
    assert bad.status_code == 422
    assert "not an address" in bad.text


def test_candidates_are_accepted_or_declined_and_say_nothing_of_where_a_match_was(
    portal: Portal, operator: httpx.Client
) -> None:
    with portal.store.engine.begin() as connection:
        for number, address in enumerate(("https://t.me/s/room_a", "https://t.me/s/room_b")):
            page = f"{PAGE}/{number}"
            row = {
                "page_key": schema.address_key(page),
                "address_key": schema.address_key(address),
                "target": "board",
                "page_url": page,
                "address": address,
                "kind": "telegram",
                "words": "our new room",
                "announced": True,
                "first_seen_at": NOW,
                "last_seen_at": NOW,
            }
            connection.execute(records.insert(connection, schema.trails).values(**row))
    text = operator.get("/operator/candidates").text
    assert "https://t.me/s/room_a" in text
    assert "announced 1 times" in text
    assert PAGE not in text
    first, second = (each.id for each in portal.store.candidates.all())

    wrong = post(operator, f"/operator/candidates/{first}", "/operator/candidates", do="accept", name="not a name!")
    assert (wrong.status_code, portal.store.targets.all()) == (422, [])
    post(operator, f"/operator/candidates/{first}", "/operator/candidates", do="accept", name="room-a")
    post(operator, f"/operator/candidates/{second}", "/operator/candidates", do="decline")

    assert [(each.name, each.kind) for each in portal.store.targets.all()] == [("room-a", "telegram")]
    assert "There are none" in operator.get("/operator/candidates").text
    assert post(operator, "/operator/candidates/99", "/operator/candidates", do="accept").status_code == 404


def test_other_limits_are_tried_on_stored_decisions_and_tell_counts_only(
    portal: Portal, operator: httpx.Client
) -> None:
    person = portal.person("Kim Haneul")
    for seed, distance in ((1, 12), (2, 30), (3, 60)):
        enrolment = portal.enrolled(person, seed=seed)
        found = portal.exposed(enrolment, f"https://forum.example/{seed}") if distance < 40 else None
        weighed = Weighed(Whole(0, distance, 3, patched=False, plain=False), None)
        with portal.registry.transaction("matching") as tx:
            decided = Decision(enrolment, (weighed,), found=found is not None)
            decisions.record(
                tx,
                f"https://forum.example/{seed}",
                bytes(32),
                decided,
                exposure=found,
                silenced=False,
                limits="a1b2c3d4e5f6",
            )

    assert "Still found" not in operator.get("/operator/tuning").text
    same = operator.get("/operator/tuning", params={"near": "64"}).text
    strict = operator.get("/operator/tuning", params={"certain": "20", "near": "20", "far": "20", "alone": "20"}).text
    wrong = operator.get("/operator/tuning", params={"near": "-1"})

    assert "Still found" not in same, "a limit that was not changed changes nothing"
    numbers = {
        row.split("</th>")[0]: row.split('class="number">')[1].split("<")[0]
        for row in strict.split('<th scope="row">')[1:]
    }
    assert numbers == {"As it was": "2", "Still found": "1", "Missed": "1", "Found besides": "0"}
    assert (wrong.status_code, "not a number" in wrong.text) == (422, True)
    assert not [word for word in ("Haneul", "forum.example", str(person.id)) if word in strict]


def test_proposed_pictures_are_marked_or_declined_by_an_id_that_tells_nothing(
    portal: Portal, operator: httpx.Client
) -> None:
    log = portal.store.log
    for number, seed in enumerate((1, 1, 1)):
        portal.enrolled(portal.person(f"Kim {number}", email=f"kim{number}@example.org"), seed=seed)
    log.append([Sighting("forum", "https://forum.example/9", "https://forum.example/9.jpg", NOW, bytes(32), made(1))])
    match_new(portal.registry, log, LiveIndex())
    with portal.registry.transaction("test") as tx:
        for each in cases.exposures(tx):
            dismissals.dismiss(tx, each.id, "not-me", log.at(each.page_url, each.content_digest).frames)
    page = operator.get("/operator/common").text
    number = page.split('name="proposal" value="')[1].split('"')[0]
    assert "dismissed for 3 photos of 3 people" in page
    assert "forum.example" not in page
    assert "Kim" not in page

    post(operator, "/operator/common/decide", "/operator/common", proposal=number, do="accept")
    (marked,) = log.common.all()
    assert marked.name == f"proposal {number}"
    post(operator, f"/operator/common/{marked.id}/remove", "/operator/common")
    assert log.common.all() == []
    post(operator, "/operator/common/decide", "/operator/common", proposal=number, do="decline")
    assert "None is proposed" in operator.get("/operator/common").text
    gone = post(operator, "/operator/common/decide", "/operator/common", proposal="00000000", do="accept")
    assert gone.status_code == 404
    assert post(operator, "/operator/common/77/remove", "/operator/common").status_code == 404


def test_a_proposal_that_is_somebodys_find_is_marked_only_with_a_second_word(
    portal: Portal, operator: httpx.Client
) -> None:
    log = portal.store.log
    for number in range(4):
        portal.enrolled(portal.person(f"Kim {number}", email=f"kim{number}@example.org"), seed=1)
    log.append([Sighting("forum", "https://forum.example/9", "https://forum.example/9.jpg", NOW, bytes(32), made(1))])
    match_new(portal.registry, log, LiveIndex())
    with portal.registry.transaction("test") as tx:
        first, *others = cases.exposures(tx)
        for each in others:
            dismissals.dismiss(tx, each.id, "not-me", log.at(each.page_url, each.content_digest).frames)
        cases.mark_sent(tx, cases.save_notice(tx, first, "us_tida", "en", "Please remove this.").id)
    number = operator.get("/operator/common").text.split('name="proposal" value="')[1].split('"')[0]

    asked = post(operator, "/operator/common/decide", "/operator/common", proposal=number, do="accept")
    assert (asked.status_code, log.common.all()) == (422, [])
    assert "Tick the box" in asked.text
    post(operator, "/operator/common/decide", "/operator/common", proposal=number, do="accept", anyway="yes")
    assert len(log.common.all()) == 1


def test_what_did_not_get_out_is_counted_by_channel_and_reason_and_can_be_tried_again(
    portal: Portal, operator: httpx.Client
) -> None:
    for number, reason in enumerate(("smtp-550", "smtp-550", "smtp-451")):
        person = portal.person(f"Kim {number}", email=f"kim{number}@example.org")
        found = portal.exposed(portal.enrolled(person, seed=number + 1), f"https://forum.example/{number}")
        with portal.registry.transaction("test") as tx:
            cases.add_alert(tx, person, [found])
            (delivery,) = cases.outbox_due(tx, datetime.now(UTC))
            cases.outbox_given_up(tx, delivery.id, reason)

    text = operator.get("/operator/undelivered").text
    assert '<td class="code">smtp-550</td><td class="number">2</td>' in text
    assert "kim" not in text.lower()
    post(operator, "/operator/undelivered/again", "/operator/undelivered", channel="smtp", reason="smtp-550")
    after = operator.get("/operator/undelivered").text
    assert "smtp-550" not in after
    assert "smtp-451" in after
    assert "1 message did not get out" in operator.get("/operator").text


def test_facts_that_are_due_for_another_look_are_listed_with_their_age(
    portal: Portal, operator: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The clock alone is moved: the facts are the real ones."""
    later = NOW.date() + timedelta(days=400)
    monkeypatch.setattr(state, "facts", lambda _today: facts(later))
    stale = facts(later).stale()

    text = operator.get("/operator/facts").text

    assert stale
    assert f"{len(stale)} of {len(facts(later).ages())} facts are due" in text
    assert text.count('<th scope="row" class="code">') == len(stale)
    assert "not any more" in text


def test_the_checks_of_the_doctor_run_when_they_are_asked_for(
    portal: Portal, operator: httpx.Client, private_home: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WATCHLIGHT_CHROMIUM", "/nonexistent")
    for unset in ("WATCHLIGHT_SMTP_URL", "WATCHLIGHT_CONTACT"):
        monkeypatch.delenv(unset, raising=False)

    assert "Data folder" not in operator.get("/operator/health").text
    answer = post(operator, "/operator/health", "/operator/health")

    assert answer.status_code == 200
    for word in ("Data folder", "Registry", "well", "missing", "WATCHLIGHT_SMTP_URL"):
        assert word in answer.text
    for language in languages().values():
        for name in CHECKS:
            assert language.has(f"health.name.{name.replace(' ', '_')}"), name
    operator.cookies.set("language", "ko")
    korean = post(operator, "/operator/health", "/operator/health").text
    for word in ("자료 폴더", "Chromium이 없습니다", "알림은 보낼 편지함에서 기다립니다", "메일 주소나 수집기를"):
        assert word in korean


def test_the_bars_of_a_plot_and_its_table_say_the_same() -> None:
    from crawler.coverage import RunCoverage
    from portal.web.operator.plots import plots

    run = RunCoverage("a", NOW, NOW, "complete", Looked(new=4, unchanged=2, failed=1), Looked(), 3, {})
    pages, _, sightings = plots([run, replace(run, started_at=NOW - timedelta(days=2))], NOW, days=5)

    assert [counts for _, counts in pages.table] == [{"fresh": 4, "same": 2, "missed": 1}] * 2
    assert [(day, counts["fresh"]) for day, counts in sightings.table] == [
        (NOW.date() - timedelta(days=2), 3),
        (NOW.date(), 3),
    ]
