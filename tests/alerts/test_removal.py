"""Re-checks after a letter: what is due, what is asked, and how a verdict moves an exposure."""

from datetime import UTC, datetime, timedelta

from alerts import removal
from alerts.removal import judge, recheck_due
from alerts.triage import LiveIndex
from alerts.verdict import GONE_ONCE
from crawler.facts import Facts
from crawler.recheck import Observation as Seen
from crawler.store import CrawlStore
from registry import cases, consents
from tests.alerts.conftest import NOW, print_of

PAGE, FILE, FRONT = "https://forum.example/t/1", "https://cdn.example/1.jpg", "https://forum.example/"


def look(url: str, status: int = 404, **more) -> Seen:
    return Seen(0, url, NOW, status=status, final_url=url, **more)


GONE = [look(PAGE), look(FILE), look(FRONT, 200, facts=Facts(text_digest="front"))]
THERE = [look(PAGE, 200), look(FILE, 200, fingerprint=print_of(1)), look(FRONT, 200)]


def test_a_judged_exposure_moves_to_gone_and_back_when_it_re_appears(registry, found):
    _person, exposure = found()
    live = LiveIndex()
    live.refresh(registry)
    with registry.transaction() as tx:
        cases.record_verdict(tx, exposure.id, "unknown", GONE_ONCE, NOW - timedelta(hours=6))

    assert judge(registry, exposure, GONE, live.index).outcome == "gone"
    with registry.reading() as tx:
        assert cases.exposure(tx, exposure.id).state == "gone"
    assert judge(registry, exposure, THERE, live.index).outcome == "re-appeared"
    with registry.reading() as tx:
        assert cases.exposure(tx, exposure.id).state == "noticed"
        assert [each.verdict for each in cases.verdicts(tx, exposure)] == ["unknown", "gone", "re-appeared"]


def sent_a_letter(registry, exposure, hours_ago: float) -> None:
    with registry.transaction() as tx:
        letter = cases.save_notice(tx, exposure, "kr_tba_22_5", "ko", "text")
        cases.mark_sent(tx, letter.id, NOW - timedelta(hours=hours_ago))


def test_re_checks_follow_a_sent_letter_by_the_schedule(registry, found):
    _person, exposure = found()
    assert removal.due(registry, NOW) == []
    sent_a_letter(registry, exposure, hours_ago=7)

    with registry.transaction() as tx:  # the look at once, which a later one is compared with
        cases.record_verdict(tx, exposure.id, "still-there", "on-the-page", NOW - timedelta(hours=6.9))

    assert [each.id for each in removal.due(registry, NOW - timedelta(hours=2))] == []
    assert [each.id for each in removal.due(registry, NOW)] == [exposure.id]
    with registry.transaction() as tx:
        cases.record_verdict(tx, exposure.id, "still-there", "picture-found", NOW)
    assert removal.due(registry, NOW + timedelta(hours=16)) == []
    assert [each.id for each in removal.due(registry, NOW + timedelta(hours=18))] == [exposure.id]


def test_minors_and_people_without_consent_are_not_looked_at_again(registry, found):
    _person, exposure = found(birth_year=datetime.now(UTC).year - 15)
    sent_a_letter(registry, exposure, hours_ago=7)
    assert removal.due(registry, NOW) == []


def test_a_withdrawal_ends_the_re_checks(registry, found):
    person, exposure = found()
    sent_a_letter(registry, exposure, hours_ago=7)
    with registry.transaction() as tx:
        consents.withdraw(tx, person=person)
    assert removal.due(registry, NOW) == []


def test_due_re_checks_are_asked_once_judged_once_and_survive_a_restart(registry, found, tmp_path):
    _person, exposure = found()
    sent_a_letter(registry, exposure, hours_ago=7)
    store = CrawlStore.open(f"sqlite:///{tmp_path / 'asks.sqlite3'}")

    assert recheck_due(registry, store, NOW)
    assert {each.address for each in store.rechecks.open()} == {PAGE, FILE, FRONT}
    assert recheck_due(registry, store, NOW)
    assert len(store.rechecks.open()) == 3
    for asked in store.rechecks.open():
        status = 200 if asked.address == FRONT else 404
        store.rechecks.answer(Seen(asked.id, asked.address, datetime.now(UTC), status=status))
    assert not recheck_due(registry, store, NOW)
    with registry.reading() as tx:
        assert [each.detail for each in cases.verdicts(tx, exposure)] == ["gone-once"]
    assert not recheck_due(registry, store, NOW)
    store.close()
