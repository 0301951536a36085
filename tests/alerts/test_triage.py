"""From sighting to alert: nothing lost, nothing told twice, nobody told without consent."""

import os
import signal
import subprocess
import sys
import textwrap
import time
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from alerts.triage import FORWARD, RETRO, LiveIndex, match_new, match_past, match_retro
from matchers.archive import Archive
from matchers.frames import Frame
from registry import cases, consents, dismissals, enrolments
from registry.cursors import cursors_of
from registry.database import Registry
from tests.alerts.conftest import KEY, add_person, enrol, open_log, print_of, sighting


def found_pages(registry, person=None) -> list[str]:
    with registry.reading() as tx:
        return sorted(each.page_url for each in cases.exposures(tx, person))


def told(registry) -> list[int]:
    """How many exposures each alert is about."""
    with registry.reading() as tx:
        return [len(each.exposures) for each in cases.alerts(tx)]


def test_a_sighting_becomes_an_exposure_an_alert_and_a_delivery(either_registry, log):
    person = add_person(either_registry)
    enrol(either_registry, person, 1)
    log.append([sighting(1), sighting(2)])

    report = match_new(either_registry, log, LiveIndex())

    assert (report.exposures, report.alerts, report.position) == (1, 1, 2)
    with either_registry.reading() as tx:
        assert cases.exposures(tx, person)[0].kind == "whole"
        assert [(each.channel, each.state) for each in cases.deliveries(tx)] == [("smtp", "waiting")]


def test_matching_again_finds_nothing_new_and_tells_nobody_again(registry, log):
    enrol(registry, add_person(registry), 1)
    log.append([sighting(1)])
    match_new(registry, log, LiveIndex())

    assert match_new(registry, log, LiveIndex()).alerts == 0
    assert match_retro(registry, log).exposures == 0
    assert told(registry) == [1]


def test_one_alert_tells_a_person_about_everything_in_a_batch(registry, log):
    kim, lee = add_person(registry), add_person(registry, "Lee")
    enrol(registry, kim, 1)
    enrol(registry, kim, 2)
    enrol(registry, lee, 3)
    log.append([sighting(seed, f"https://forum.example/{seed}/{n}") for seed in (1, 2, 3) for n in range(3)])

    match_new(registry, log, LiveIndex())
    assert sorted(told(registry)) == [3, 6]


def test_after_a_withdrawal_a_copy_seen_a_second_later_matches_nobody(registry, log):
    person = add_person(registry)
    enrol(registry, person, 1)
    live = LiveIndex()
    match_new(registry, log, live)
    assert len(live.index) == 1
    with registry.transaction() as tx:
        consents.withdraw(tx, person=person)
    log.append([sighting(1)])

    report = match_new(registry, log, live)
    assert (report.matches, report.exposures) == (0, 0)
    assert len(live.index) == 0


def test_consent_is_asked_again_after_the_comparison(registry, log, monkeypatch):
    """The withdrawal comes between the comparison and the writing: nothing is written."""
    from alerts import taking_in

    person = add_person(registry)
    enrol(registry, person, 1)
    log.append([sighting(1)])
    compare = taking_in.compared

    def withdraw_after_comparing(*asked):
        found = list(compare(*asked))
        with registry.transaction() as tx:
            consents.withdraw(tx, person=person)
        return found

    monkeypatch.setattr(taking_in, "compared", withdraw_after_comparing)
    report = match_new(registry, log, LiveIndex())
    assert (report.exposures, report.withheld) == (0, 1)
    assert found_pages(registry) == []


def test_a_new_enrolment_is_compared_with_the_past_by_itself(either_registry, log):
    log.append([sighting(1, f"https://forum.example/{n}") for n in range(5)])
    live = LiveIndex()
    match_new(either_registry, log, live)
    enrol(either_registry, add_person(either_registry), 1)

    report = match_new(either_registry, log, live, batch=2)
    assert report.exposures == 5
    assert match_new(either_registry, log, live).exposures == 0


def test_looking_at_the_past_resumes_where_it_was_interrupted(registry, log, monkeypatch):
    from alerts import looking_back

    log.append([sighting(1, f"https://forum.example/{n}") for n in range(6)])
    live = LiveIndex()
    match_new(registry, log, live)
    enrol(registry, add_person(registry), 1)
    seen: list[int] = []
    take_in = looking_back.take_in

    def fails_in_the_middle(registry, sightings, index, reader=None, position=0, **facts):
        if len(seen) == 2:
            seen.append(0)
            raise KeyboardInterrupt
        seen.append(sightings[0].id)
        return take_in(registry, sightings, index, reader, position, **facts)

    monkeypatch.setattr(looking_back, "take_in", fails_in_the_middle)
    try:
        match_new(registry, log, live, batch=2)
    except KeyboardInterrupt:
        enrol(registry, add_person(registry, "Lee"), 1)
    match_new(registry, log, live, batch=2)

    assert seen[3] == 5, "the first reading goes on with the third batch"
    assert Counter(found_pages(registry)) == {f"https://forum.example/{n}": 2 for n in range(6)}


def test_two_matchers_at_once_do_not_take_a_batch_twice(registry, log, monkeypatch):
    from alerts import taking_in

    enrol(registry, add_person(registry), 1)
    log.append([sighting(1)])
    compare, busy = taking_in.compared, []

    def another_is_faster(*asked):
        found = list(compare(*asked))
        if not busy:
            busy.append(1)
            match_new(registry, log, LiveIndex())
        return found

    monkeypatch.setattr(taking_in, "compared", another_is_faster)
    match_new(registry, log, LiveIndex())
    assert told(registry) == [1]


def test_a_match_by_name_only_for_the_enrolments_asked_for(registry, log):
    kim, lee = add_person(registry), add_person(registry, "Lee")
    wanted = enrol(registry, kim, 1)
    enrol(registry, lee, 1)
    log.append([sighting(1)])

    assert match_retro(registry, log, {wanted}).exposures == 1
    assert found_pages(registry, lee) == []


WORKER = """
    import sys
    from pathlib import Path
    from alerts.triage import LiveIndex, match_new
    from matchers.archive import Archive
    from registry.database import Registry
    from tests.alerts.conftest import KEY, open_log

    with Registry.open(sys.argv[1], KEY) as registry:
        log = open_log(sys.argv[2])
        match_new(registry, log, LiveIndex(), batch=3, archive=Archive(log._engine, Path(sys.argv[3])))
    print("finished", flush=True)
"""


def test_kill_9_in_the_middle_loses_no_exposure_and_tells_nobody_twice(tmp_path: Path):
    """A real process is killed again and again at odd moments; the last one finishes."""
    registry_url, log_url = f"sqlite:///{tmp_path / 'r.sqlite3'}", f"sqlite:///{tmp_path / 'c.sqlite3'}"
    log = open_log(log_url)
    pages = [f"https://forum.example/{n}" for n in range(150)]
    log.append([sighting(n % 3 + 1, page) for n, page in enumerate(pages)])
    folder = tmp_path / "archive"
    assert Archive(log._engine, folder).take(datetime.now(UTC) + timedelta(days=400), up_to=60) == 60
    with Registry.open(registry_url, KEY) as registry:
        enrol(registry, add_person(registry), 1)
        enrol(registry, add_person(registry, "Lee"), 2)
        enrol(registry, add_person(registry, "Park"), 3)

    kills = 0
    for attempt in range(60):
        worker = subprocess.Popen(
            [sys.executable, "-c", textwrap.dedent(WORKER), registry_url, log_url, str(folder)],
            cwd=Path(__file__).parents[2],
            env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
            stdout=subprocess.PIPE,
        )
        before = position(registry_url)
        if kills < 4 and kill_once_it_works(worker, registry_url, before, extra_s=0.011 * attempt):
            kills += 1
            continue
        output, _ = worker.communicate(timeout=120)
        assert b"finished" in output
        break

    with Registry.open(registry_url, KEY) as registry:
        assert found_pages(registry) == sorted(pages)
        with registry.reading() as tx:
            about = Counter(each for alert in cases.alerts(tx) for each in alert.exposures)
            assert set(about) == {each.id for each in cases.exposures(tx)}
            assert set(about.values()) == {1}
            assert len(cases.deliveries(tx)) == len(cases.alerts(tx))
    assert kills >= 3


def position(registry_url: str) -> int:
    """How far both readers have come: the one of new sightings, and the one of the past."""
    with Registry.open(registry_url, KEY) as registry, registry.reading() as tx:
        return cases.cursor(tx, FORWARD) + cases.cursor(tx, f"{RETRO}-0-log")


def kill_once_it_works(worker: subprocess.Popen, registry_url: str, before: int, extra_s: float) -> bool:
    """Kill -9 once its work shows in the registry; False when it finished first."""
    give_up = time.monotonic() + 60
    while worker.poll() is None and time.monotonic() < give_up:
        if position(registry_url) > before:
            time.sleep(extra_s % 0.05)
            worker.send_signal(signal.SIGKILL)
            return worker.wait(10) == -signal.SIGKILL
        time.sleep(0.005)
    return False


def test_a_look_at_the_past_goes_through_the_archive_and_on_where_it_was_stopped(registry, log, tmp_path, monkeypatch):
    """Stopped after each stretch, in the log and in the files, it finds everything once and tells nothing twice."""
    monkeypatch.setattr("alerts.looking_back.STRETCH_S", 0.0)
    monkeypatch.setattr("matchers.archive.GROUP", 2)
    archive = Archive(log._engine, tmp_path / "archive")
    pages = [f"https://forum.example/{n}" for n in range(10)]
    log.append([sighting(1, page) for page in pages])
    archive.take(datetime.now(UTC) + timedelta(days=400), up_to=7)
    kim = add_person(registry)
    enrol(registry, kim, 1)

    class Stopped(Exception):
        pass

    far: list[tuple[int, int]] = []

    def stop(done: int, total: int) -> None:
        far.append((done, total))
        raise Stopped

    stops = 0
    while stops < 50:
        try:
            match_past(registry, log, batch=2, archive=archive, progress=stop)
            break
        except Stopped:
            stops += 1

    assert stops >= 5
    assert far == [(2, 10), (3, 10), (5, 10), (7, 10), (9, 10), (10, 10)], "what is shown goes on where it was, too"
    assert found_pages(registry, kim) == sorted(pages)
    assert match_past(registry, log, archive=archive).past == 0
    assert match_retro(registry, log, archive=archive).past == 10
    enrol(registry, kim, 2)
    assert match_past(registry, log, archive=archive).past == 10
    with registry.reading() as tx:
        assert {name.split("-")[1] for name in cursors_of(tx, f"{RETRO}-")} == {"1"}  # those of the first look are gone


def test_a_first_match_counts_each_sighting_once_and_the_past_apart(registry, log):
    enrol(registry, add_person(registry), 1)
    log.append([sighting(1), sighting(2)])

    report = match_new(registry, log, LiveIndex())

    assert (report.sightings, report.past, report.matches, report.exposures) == (2, 2, 1, 1)


def test_looking_back_through_blocks_resumes_after_a_crash_and_finds_the_same(either_registry, log, monkeypatch):
    from alerts import looking_back
    from matchers import blocks

    monkeypatch.setattr(blocks, "SEALED", 4)
    monkeypatch.setattr(looking_back, "STRETCH_S", 0.0)
    log.append([sighting(n % 2 + 1, f"https://forum.example/{n}") for n in range(18)])
    live = LiveIndex()
    match_new(either_registry, log, live)
    enrol(either_registry, add_person(either_registry), 1)
    take_in, batches = looking_back.take_in, []

    def crashes_at_the_third(*given, **facts):
        batches.append(facts["last"])
        if len(batches) == 3:
            raise KeyboardInterrupt
        return take_in(*given, **facts)

    monkeypatch.setattr(looking_back, "take_in", crashes_at_the_third)
    with pytest.raises(KeyboardInterrupt):
        match_past(either_registry, log)
    told_of: list[tuple[int, int]] = []
    match_past(either_registry, log, progress=lambda *far: told_of.append(far))

    assert batches == [4, 8, 12, 12, 16, 18]
    assert told_of[-1] == (18, 18)
    assert found_pages(either_registry) == sorted(f"https://forum.example/{n}" for n in range(0, 18, 2))
    assert match_past(either_registry, log).past == 0


def test_a_look_at_everything_again_goes_on_where_it_was_interrupted_and_then_begins_anew(registry, log, monkeypatch):
    from alerts import looking_back

    enrol(registry, add_person(registry), 1)
    log.append([sighting(1, f"https://forum.example/{n}") for n in range(6)])
    take_in, batches = looking_back.take_in, []

    def crashes_at_the_second(*given, **facts):
        batches.append(facts["last"])
        if len(batches) == 2:
            raise KeyboardInterrupt
        return take_in(*given, **facts)

    monkeypatch.setattr(looking_back, "take_in", crashes_at_the_second)
    with pytest.raises(KeyboardInterrupt):
        match_retro(registry, log, batch=2)
    assert match_retro(registry, log, batch=2).past == 4
    assert match_retro(registry, log, batch=2).past == 6


def test_two_photos_in_one_picture_are_one_exposure_and_one_alert(registry, log):
    person = add_person(registry)
    first, second = enrol(registry, person, 1), enrol(registry, person, 2)
    log.append([sighting(1)])
    match_new(registry, log, LiveIndex())
    with registry.transaction() as tx:
        (found,) = cases.exposures(tx)
        cases.record_exposure(
            tx,
            second,
            page_url=found.page_url,
            picture_url=found.picture_url,
            target="forum",
            seen_at=found.first_seen,
            content_digest=found.content_digest,
            kind="region",
            distance=20,
            confidence=0.5,
            reason="a part",
        )
        (joined,) = cases.exposures(tx)
        assert (joined.enrolment, set(joined.enrolments)) == (first, {first, second})
        consents.withdraw(tx, enrolment=first)
        (alert,) = cases.alerts(tx)
        assert len(cases.tellable(tx, alert.id)) == 1, "the other photo's consent is open"


def test_later_looks_of_the_crawl_join_the_exposure_with_time_and_count(either_registry, log):
    from datetime import timedelta

    from alerts.seen_again import join_later_looks
    from tests.alerts.conftest import NOW

    enrol(either_registry, add_person(either_registry), 1)
    log.append([sighting(1), sighting(2)])
    match_new(either_registry, log, LiveIndex())
    later = NOW + timedelta(days=1)
    log.append([sighting(1, seen_at=later), sighting(2, seen_at=later)])

    assert join_later_looks(either_registry, log, later) == 1
    assert join_later_looks(either_registry, log, later) == 0
    with either_registry.reading() as tx:
        (found,) = cases.exposures(tx)
    assert (found.seen, found.first_seen, found.last_seen) == (2, NOW, later)


def test_a_picture_that_was_gone_and_is_seen_by_a_crawl_again_is_news(registry, log):
    from datetime import UTC, datetime, timedelta

    from alerts.seen_again import join_later_looks

    enrol(registry, add_person(registry), 1)
    log.append([sighting(1)])
    match_new(registry, log, LiveIndex())
    with registry.transaction() as tx:
        (found,) = cases.exposures(tx)
        cases.set_state(tx, found.id, "gone")
        for delivery in cases.outbox_due(tx, datetime.now(UTC)):
            cases.outbox_done(tx, delivery.id)
    later = datetime.now(UTC) + timedelta(hours=1)
    log.append([sighting(1, seen_at=later)])
    join_later_looks(registry, log, later)
    with registry.reading() as tx:
        assert len(cases.alerts(tx)) == 2
        assert cases.exposure(tx, found.id).state == "noticed"


def test_the_reason_is_in_plain_words_in_both_languages_for_every_kind(found):
    from dataclasses import replace
    from typing import get_args

    from alerts.reasons import why
    from matchers.index import Kind

    _, exposure = found()
    for kind in get_args(Kind):
        for confidence in (0.99, 0.7, 0.3):
            told = {why(replace(exposure, kind=kind, confidence=confidence), each) for each in ("ko", "en")}
            assert len(told) == 2
            assert not [words for words in told if "example" in words or "{" in words]
    assert "256 of 256 features" in why(exposure, "en")


def test_a_dismissed_picture_is_not_told_again_by_live_or_retro_matching_until_it_is_taken_back(registry, log):
    enrol(registry, add_person(registry), 1)
    log.append([sighting(1)])
    live = LiveIndex()
    match_new(registry, log, live)
    with registry.transaction() as tx:
        (exposure,) = cases.exposures(tx)
        seen = log.at(exposure.page_url, exposure.content_digest)
        dismissals.dismiss(tx, exposure.id, "not-me", seen.frames)
    log.append([sighting(1, "https://forum.example/t/2", content_digest=b"other file".ljust(32))])

    assert (match_new(registry, log, live).silenced, match_retro(registry, log).exposures) == (1, 0)
    assert found_pages(registry) == ["https://forum.example/t/1"]

    with registry.transaction() as tx:
        dismissals.take_back(tx, exposure.id)
    assert match_retro(registry, log).exposures == 1


def test_a_common_picture_is_told_to_nobody_until_it_is_removed(either_registry, log):
    enrol(either_registry, add_person(either_registry), 1)
    number = log.common.add("logo.png", (Frame(print_of(1)),))
    log.append([sighting(1), sighting(2)])

    report = match_new(either_registry, log, LiveIndex())
    assert (report.exposures, report.silenced) == (0, 2)  # once when it was new, once in the look back
    assert [picture.name for picture in log.common.all()] == ["logo.png"]

    assert log.common.remove(number)
    assert not log.common.remove(number)
    assert match_retro(either_registry, log).exposures == 1


def test_a_photo_enrolled_under_older_rules_is_counted_as_one_to_enrol_again_and_stops_nobody(registry, log):
    import dataclasses

    kim, lee = add_person(registry), add_person(registry, "Lee")
    old = dataclasses.replace(print_of(1), version="1")
    with registry.transaction("tests") as tx:
        outdated = enrolments.enrol(tx, kim, old).id
    enrol(registry, lee, 1)
    log.append([sighting(1)])
    live = LiveIndex()

    report = match_new(registry, log, live)

    assert (report.exposures, len(live.outdated)) == (1, 1)
    assert live.outdated == {outdated}


def test_a_million_new_enrolments_would_be_looked_for_in_groups_that_can_be_stopped(either_registry, log, monkeypatch):
    """Five enrolments, two at once: no more in memory, each compared with all of the past once, also when stopped."""
    from alerts import looking_back

    monkeypatch.setattr(looking_back, "MOST_AT_ONCE", 2)
    monkeypatch.setattr(looking_back, "STRETCH_S", 0.0)
    log.append([sighting(seed, f"https://forum.example/{seed}") for seed in range(1, 7)])
    person = add_person(either_registry)
    mine = [enrol(either_registry, person, seed) for seed in range(1, 6)]
    read_past, groups = looking_back._read_past, []

    def counted(registry, log, archive, wanted, *rest):
        groups.append([mine.index(enrolment) for some in wanted.enrolled for enrolment, _ in some])
        return read_past(registry, log, archive, wanted, *rest)

    def stop_in_the_second(done: int, _total: int) -> None:
        if len(groups) == 2 and done >= 4:
            raise KeyboardInterrupt

    monkeypatch.setattr(looking_back, "_read_past", counted)
    with pytest.raises(KeyboardInterrupt):
        match_past(either_registry, log, batch=2, progress=stop_in_the_second)
    with either_registry.transaction() as tx:
        consents.withdraw(tx, enrolment=mine[4])

    report = match_past(either_registry, log, batch=2)

    assert groups == [[0, 1], [2, 3], [2, 3], []]
    assert report.past == 2, "the second look went on where it was, the third had nobody to look for"
    assert found_pages(either_registry, person) == [f"https://forum.example/{seed}" for seed in range(1, 5)]
    assert match_past(either_registry, log).past == 0


def test_a_look_for_everybody_reads_the_enrolments_few_at_a_time(registry, log, monkeypatch):
    from alerts import looking_back

    monkeypatch.setattr(looking_back, "STEP", 2)
    monkeypatch.setattr("matchers.past.MOST_SIEVED", 3)
    monkeypatch.setattr(looking_back, "MOST_SIEVED", 3)
    log.append([sighting(seed, f"https://forum.example/{seed}") for seed in range(1, 7)])
    person = add_person(registry)
    for seed in range(1, 6):
        enrol(registry, person, seed)

    assert match_retro(registry, log).exposures == 5
    assert found_pages(registry, person) == [f"https://forum.example/{seed}" for seed in range(1, 6)]


def test_a_picture_seen_again_after_its_sighting_was_archived_is_told_nobody_again(either_registry, log, tmp_path):
    """It is a new sighting, of the same exposure: forward, looking back, and looking back at both of them."""
    person = add_person(either_registry)
    enrol(either_registry, person, 1)
    log.append([sighting(1), sighting(2)])
    live, archive = LiveIndex(), Archive(log._engine, tmp_path / "archive")
    match_new(either_registry, log, live, archive=archive)
    assert archive.take(datetime.now(UTC) + timedelta(days=400), up_to=log.last()) == 2
    later = datetime.now(UTC) + timedelta(days=1)
    log.append([sighting(1, seen_at=later)])
    assert (log.count_after(0), archive.count()) == (1, 2)

    report = match_new(either_registry, log, live, archive=archive)

    assert (report.matches, report.exposures, report.alerts) == (1, 0, 0)
    assert match_retro(either_registry, log, archive=archive).alerts == 0
    with either_registry.reading() as tx:
        (exposure,) = cases.exposures(tx, person)
    assert exposure.last_seen == later
    assert told(either_registry) == [1]
