"""Verdicts: what is unclear is never "gone"."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import pytest

from alerts import removal
from alerts.removal import Verdict, judge, recheck_due, verdict
from alerts.triage import LiveIndex
from crawler.recheck import Observation as Seen
from crawler.store import CrawlStore
from matchers import Fingerprint
from registry import cases, consents
from tests.alerts.conftest import NOW, print_of

PAGE, FILE = "https://forum.example/t/1", "https://cdn.example/1.jpg"


@dataclass(frozen=True)
class Look:
    url: str = PAGE
    at: datetime = NOW
    status: int | None = 404
    final_url: str | None = PAGE
    content_type: str | None = "text/html"
    fingerprint: Fingerprint | None = None
    refusal: str | None = None


GONE_PAGE = Look()
GONE_FILE = Look(url=FILE, final_url=FILE)
OK_PAGE = Look(status=200)
PICTURE = Look(url=FILE, final_url=FILE, status=200, content_type="image/jpeg", fingerprint=print_of(1))
PLACEHOLDER = replace(PICTURE, fingerprint=print_of(2))


def is_near(fingerprint: Fingerprint) -> bool:
    return fingerprint == print_of(1)


def later(look: Look, **by: float) -> Look:
    return replace(look, at=look.at + timedelta(**by))


def test_gone_needs_two_looks_some_time_apart():
    assert verdict([GONE_PAGE], [GONE_FILE], is_near) == Verdict("unknown", "gone-once")
    soon = [GONE_PAGE, later(GONE_PAGE, minutes=1)]
    assert verdict(soon, [GONE_FILE], is_near).outcome == "unknown"
    apart = [GONE_PAGE, later(GONE_PAGE, hours=1)]
    assert verdict(apart, [GONE_FILE], is_near) == Verdict("gone", "absent-twice")


def test_an_earlier_re_check_counts_as_the_first_look():
    before = NOW - timedelta(hours=6)
    assert verdict([GONE_PAGE], [GONE_FILE], is_near, gone_once_at=before).outcome == "gone"
    assert verdict([replace(GONE_PAGE, status=410)], [], is_near, gone_once_at=before).outcome == "gone"


@pytest.mark.parametrize(
    ("page", "picture", "expected"),
    [
        (OK_PAGE, PICTURE, "still-there"),
        (GONE_PAGE, PICTURE, "still-there"),
        (replace(OK_PAGE, fingerprint=print_of(1)), GONE_FILE, "still-there"),
        (OK_PAGE, GONE_FILE, "unknown"),
        (OK_PAGE, PLACEHOLDER, "unknown"),
        (GONE_PAGE, PLACEHOLDER, "unknown"),
        (GONE_PAGE, replace(GONE_FILE, status=None, refusal="timeout"), "unknown"),
        (GONE_PAGE, replace(GONE_FILE, status=403), "unknown"),
        (replace(OK_PAGE, final_url="https://forum.example/"), GONE_FILE, "unknown"),
        (replace(OK_PAGE, final_url="https://forum.example/login"), PLACEHOLDER, "unknown"),
        (replace(GONE_PAGE, status=503), replace(GONE_FILE, status=503), "unknown"),
        (replace(GONE_PAGE, status=403), replace(GONE_FILE, status=403), "blocked"),
        (replace(GONE_PAGE, status=451), replace(GONE_FILE, status=429), "blocked"),
        (replace(GONE_PAGE, status=None, refusal="robots"), replace(GONE_FILE, status=401), "blocked"),
        (replace(GONE_PAGE, status=None, refusal="dns"), replace(GONE_FILE, status=None, refusal="dns"), "unknown"),
        (replace(GONE_PAGE, refusal="cut-short"), GONE_FILE, "unknown"),
        (replace(PICTURE, fingerprint=None, refusal="picture-truncated"), GONE_FILE, "unknown"),
    ],
)
def test_whatever_is_unclear_is_not_gone(page, picture, expected):
    before = NOW - timedelta(days=1)
    assert verdict([page], [picture], is_near, gone_once_at=before).outcome == expected


def test_a_single_look_that_disagrees_keeps_gone_from_being_said():
    mixed = [GONE_PAGE, later(OK_PAGE, hours=1), later(GONE_PAGE, hours=2)]
    assert verdict(mixed, [GONE_FILE], is_near).outcome == "unknown"
    assert verdict([], [], is_near) == Verdict("unknown", "not-looked")


def test_a_judged_exposure_moves_to_gone_and_back_when_it_re_appears(registry, found):
    _person, exposure = found()
    live = LiveIndex()
    live.refresh(registry)
    with registry.transaction() as tx:
        cases.record_verdict(tx, exposure.id, "unknown", removal.GONE_ONCE, NOW - timedelta(hours=6))

    assert judge(registry, exposure, [GONE_PAGE, GONE_FILE], live.index).outcome == "gone"
    with registry.reading() as tx:
        assert cases.exposure(tx, exposure.id).state == "gone"
    assert judge(registry, exposure, [OK_PAGE, PICTURE], live.index).outcome == "re-appeared"
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
    assert {each.address for each in store.rechecks.open()} == {PAGE, FILE}
    assert recheck_due(registry, store, NOW)
    assert len(store.rechecks.open()) == 2
    for asked in store.rechecks.open():
        store.rechecks.answer(Seen(asked.id, asked.address, datetime.now(UTC), status=404))
    assert not recheck_due(registry, store, NOW)
    with registry.reading() as tx:
        assert [each.detail for each in cases.verdicts(tx, exposure)] == ["gone-once"]
    assert not recheck_due(registry, store, NOW)
    store.close()
