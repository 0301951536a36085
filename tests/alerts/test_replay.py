"""A replay makes stored decisions once more under other limits: the same judge, other numbers, nothing touched."""

import dataclasses
import json
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select
from typer.testing import CliRunner

from alerts import replay
from alerts.triage import LiveIndex, match_new, match_retro
from matchers import Fingerprint, ImageHash, fingerprint
from matchers.archive import Archive
from matchers.hashes import phash
from matchers.matching import MOST_MISSES
from portal.cli import build
from registry import cases, consents, decisions, dismissals, enrolments
from registry.models import Base, DecisionRow
from tests.alerts.conftest import KEY, add_person, enrol, print_of, sighting
from tests.matchers.conftest import photo, saved


def flipped(hash_: ImageHash, bits: int) -> ImageHash:
    """The same hash with its first `bits` bits the other way round."""
    value = int.from_bytes(hash_.bits) ^ ((1 << bits) - 1)
    return dataclasses.replace(hash_, bits=value.to_bytes(len(hash_.bits)))


def apart(seed: int, bits: int, second: int) -> Fingerprint:
    """A picture that differs from picture `seed` by so many bits of PDQ and of phash."""
    fp = print_of(seed)
    assert fp.witness is not None
    assert fp.witness.algorithm == phash.ALGORITHM
    return dataclasses.replace(
        fp, whole=(flipped(fp.whole[0], bits), *fp.whole[1:]), witness=flipped(fp.witness, second), flags=frozenset()
    )


def counted(registry, **changed: float) -> replay.Replay:
    with registry.reading() as tx:
        return replay.replay(tx, *replay.limits(changed))


@pytest.fixture
def unplain(monkeypatch):
    """Picture 1 as if it had patches enough, so that the limits for photos hold."""
    from tests.alerts import conftest

    monkeypatch.setitem(conftest._SEEN, 1, dataclasses.replace(print_of(1), flags=frozenset(), regions=None))


def test_narrower_limits_show_what_would_be_lost_and_what_people_said_of_it(either_registry, log, unplain):
    enrol(either_registry, add_person(either_registry), 1)
    for number, bits in enumerate((10, 40, 50, 60)):
        log.append([sighting(1, f"https://forum.example/{number}", fingerprint=apart(1, bits, 2))])
    match_new(either_registry, log, LiveIndex())
    with either_registry.transaction() as tx:
        _, dismissed, confirmed, _ = sorted(cases.exposures(tx), key=lambda each: each.distance)
        dismissals.dismiss(tx, dismissed.id, "not-me")
        letter = cases.save_notice(tx, confirmed, "us_tida", "en", "Please remove this.")
        cases.mark_sent(tx, letter.id)

    report = counted(either_registry, near=36, far=36, alone=36)

    assert report.found == replay.Finds(4, dismissed=1, confirmed=1)
    assert (report.kept, report.lost) == (replay.Finds(1), replay.Finds(3, dismissed=1, confirmed=1))
    assert (report.lost.unanswered, report.raised) == (1, 0)


def test_what_only_just_missed_is_stored_and_wider_limits_raise_it(either_registry, log, unplain):
    kim, lee = add_person(either_registry), add_person(either_registry, "Lee")
    for person in (kim, lee):
        enrol(either_registry, person, 1)
    log.append([sighting(1, fingerprint=apart(1, 62, 18))])

    assert match_new(either_registry, log, LiveIndex()).exposures == 0
    assert (counted(either_registry).raised, counted(either_registry, witness_far=17).raised) == (0, 0)
    report = counted(either_registry, witness_far=18)
    assert (report.raised, report.raised_for, report.beyond) == (2, 2, [])


def test_under_the_shipped_limits_every_decision_comes_out_as_it_was(registry, log):
    """Copies, crops and strangers of real drawn pictures, with all that was weighed of their patches."""
    person = add_person(registry)
    pictures = [photo(seed) for seed in range(4)]
    with registry.transaction() as tx:
        for each in pictures:
            enrolments.enrol(tx, person, fingerprint(saved(each, "PNG")))
    for number, each in enumerate([*pictures, photo(9)]):
        edited = (each, each.resize((400, 300)), each.crop((0, 0, 400, 400)), each.crop((200, 200, 330, 330)))
        for part, edit in enumerate(edited):
            seen = fingerprint(saved(edit, "JPEG", quality=60 - 15 * part))
            page, digest = f"https://forum.example/{number}/{part}", bytes([number, part]) * 16
            log.append([sighting(1, page, content_digest=digest, fingerprint=seen)])
    found = match_new(registry, log, LiveIndex()).exposures

    report = counted(registry)
    assert (report.found.all, report.kept.all, report.lost.all, report.raised) == (found, found, 0, 0)
    assert found >= 12
    stricter = counted(registry, least_bits=20_000, certain_bits=20_000, near=0, far=0, alone=0)
    assert 0 < stricter.lost.all < found


def test_a_replay_touches_nothing_and_looking_back_again_counts_nothing_twice(registry, log, unplain):
    enrol(registry, add_person(registry), 1)
    log.append([sighting(1, fingerprint=apart(1, 40, 2))])
    match_new(registry, log, LiveIndex())
    match_retro(registry, log)

    def everything():
        with registry.reading() as tx:
            return {name: tx.session.execute(select(each)).all() for name, each in Base.metadata.tables.items()}

    before = everything()
    assert counted(registry, near=10, far=10, alone=10).lost.all == 1
    assert everything() == before
    assert len(before["decisions"]) == 1


def test_a_picture_seen_again_after_its_sighting_was_archived_is_one_find(registry, log, unplain, tmp_path):
    enrol(registry, add_person(registry), 1)
    archive = Archive(log._engine, tmp_path / "archive")
    seen = sighting(1, fingerprint=apart(1, 40, 2))
    log.append([seen])
    match_new(registry, log, LiveIndex(), archive=archive)
    assert archive.take(datetime.now(UTC) + timedelta(days=400), up_to=1) == 1
    log.append([seen])
    match_new(registry, log, LiveIndex(), archive=archive)

    assert match_retro(registry, log, archive=archive).past == 2
    report = counted(registry)
    assert (report.found.all, report.pairs) == (1, 1)
    assert counted(registry, near=36, far=36, alone=36).lost.all == 1


def test_near_misses_are_bounded_for_each_sighting_and_it_says_so(registry, log, unplain):
    for number in range(MOST_MISSES + 2):
        enrol(registry, add_person(registry, f"Person {number}"), 1)
    log.append([sighting(1, fingerprint=apart(1, 62, 18))])
    match_new(registry, log, LiveIndex())

    report = counted(registry)
    assert (report.pairs, report.crowded) == (MOST_MISSES, MOST_MISSES)


def test_dismissed_pictures_stay_silent_in_a_replay_and_keep_counting_where_they_were_told(registry, log, unplain):
    enrol(registry, add_person(registry), 1)
    log.append([sighting(1, fingerprint=apart(1, 40, 2))])
    live = LiveIndex()
    match_new(registry, log, live)
    with registry.transaction() as tx:
        (exposure,) = cases.exposures(tx)
        dismissals.dismiss(tx, exposure.id, "not-me", log.at(exposure.page_url, exposure.content_digest).frames)
    log.append([sighting(1, "https://forum.example/t/2", fingerprint=apart(1, 40, 2))])
    match_new(registry, log, live)
    match_retro(registry, log)

    report = counted(registry)
    assert (report.found, report.silenced) == (replay.Finds(1, dismissed=1), 1)


def test_a_decision_goes_with_the_photo_and_after_its_time(registry, log):
    person = add_person(registry)
    enrol(registry, person, 1)
    kept = enrol(registry, person, 2)
    log.append([sighting(1), sighting(2)])
    match_new(registry, log, LiveIndex())
    with registry.transaction() as tx:
        gone = next(each.id for each in enrolments.enrolments(tx, person) if each.id != kept)
        consents.withdraw(tx, enrolment=gone)
        assert tx.session.scalars(select(DecisionRow.enrolment_id)).all() == [kept]
        assert decisions.forget_before(tx, tx.now() - timedelta(days=1)) == 0
        assert decisions.forget_before(tx, tx.now() + timedelta(days=1)) == 1


def test_limits_wider_than_what_is_stored_and_decisions_by_other_rules_are_named(registry, log):
    enrol(registry, add_person(registry), 1)
    log.append([sighting(1)])
    match_new(registry, log, LiveIndex())
    assert counted(registry, near=80, least_bits=20).beyond == ["near", "least_bits"]

    with registry.transaction() as tx:
        row = tx.session.scalars(select(DecisionRow)).one()
        row.weighed = json.dumps([{"whole": {"bits": 3}, "parts": None}])
    report = counted(registry)
    assert (report.other_rules, report.found.all) == (1, 0)


def test_the_command_names_counts_only_and_refuses_limits_that_do_not_exist(monkeypatch):
    import base64

    from registry.database import Registry

    monkeypatch.setenv("WATCHLIGHT_REGISTRY_KEY", base64.b64encode(KEY).decode())
    run = CliRunner().invoke
    assert run(build(), ["match", "replay", "--neer", "3"]).exit_code == 2
    assert run(build(), ["match", "replay", "--near", "three"]).exit_code == 2
    with Registry.open() as registry:
        enrol(registry, add_person(registry), 1)
        from crawler.store import CrawlStore

        log = CrawlStore.open().log
        log.append([sighting(1)])
        match_new(registry, log, LiveIndex())

    told = run(build(), ["match", "replay", "--plain", "0", "--certain-bits=99999", "--json"])
    report = json.loads(told.stdout)
    assert (report["limits"], report["found"]["all"]) == ({"plain": 0.0, "certain_bits": 99999.0}, 1)
    said = run(build(), ["match", "replay"]).stdout
    assert "As it was:       1 (0 confirmed, 0 dismissed, 1 without an answer)" in said
    assert "forum.example" not in told.stdout + said
