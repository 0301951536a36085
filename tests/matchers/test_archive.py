"""Archived sightings: the same ones in files, moved once whoever is killed, found, forgotten and erased like others."""

import dataclasses
import os
import signal
import subprocess
import sys
import uuid
from datetime import UTC, datetime, timedelta

import pytest

from matchers import Index, blocks, fingerprint
from matchers.archive import Archive
from matchers.archive.rows import joined, split
from matchers.frames import Frame
from matchers.matching import matches
from matchers.past import Past
from matchers.sightings import Sighting, SightingLog, crawl_metadata, open_engine
from tests.matchers.conftest import photo, saved
from tests.matchers.test_index import made_up

DAY = datetime(2026, 11, 5, tzinfo=UTC)


@pytest.fixture
def engine(store_url):
    engine = open_engine(store_url)
    crawl_metadata.create_all(engine)
    yield engine
    engine.dispose()


@pytest.fixture
def log(engine, monkeypatch):
    monkeypatch.setattr(blocks, "SEALED", 5)
    return SightingLog(engine)


@pytest.fixture
def archive(engine, tmp_path, monkeypatch):
    monkeypatch.setattr("matchers.archive.GROUP", 2)
    monkeypatch.setattr("matchers.archive.FILE", 4)
    return Archive(engine, tmp_path / "archive")


@pytest.fixture(scope="module")
def shown():
    """Fingerprints of four pictures: a photo, its left half, it mirrored, and another."""
    picture = photo(1, 480, 360)
    some = (picture, picture.crop((0, 0, 300, 360)), picture.transpose(0), photo(2, 480, 360))
    return [fingerprint(saved(each, "PNG")) for each in some]


def seen(number: int, made, at=DAY, **facts) -> Sighting:
    plain = Sighting("forum", f"http://a.test/{number}", "http://a.test/x.jpg", at, number.to_bytes(32), made)
    return dataclasses.replace(plain, **facts)


def filled(log, shown, many=10) -> None:
    """Sightings of two days: photos, one animation, one without region hashes."""
    log.append([seen(n, shown[n % 4], DAY + timedelta(days=n % 2, minutes=n)) for n in range(many)])
    log.append([seen(90, shown[3], at_ms=0, more=(Frame(shown[0], 900),)), seen(91, made_up(5))])
    log.blocks.seal()


def archived(archive) -> list[Sighting]:
    return [one for file in archive.files() for one in file.named(file.ids().tolist())]


def test_a_fingerprint_taken_apart_is_the_same_when_joined(shown):
    for made in (*shown, made_up(1), made_up(2, witnessed=False)):
        assert joined(split(made)) == made


def test_old_sightings_move_as_they_are_and_the_newer_ones_stay(log, archive, shown):
    filled(log, shown)
    before = log.after(0, 100)

    assert archive.take(DAY + timedelta(days=1, hours=5), up_to=100) == 7
    assert {file.day for file in archive.files()} == {DAY.date()}
    assert sorted([*archived(archive), *log.after(0, 100)], key=lambda one: one.id) == before
    assert archive.count() == 7
    assert all(set(block.ids.tolist()).isdisjoint(one.id for one in archived(archive)) for block in log.blocks.after(0))


def test_how_far_it_is_is_told_on_the_way_and_never_goes_back(log, archive, shown):
    filled(log, shown)
    told = []

    archive.take(DAY + timedelta(days=9), 100, lambda done, total: told.append((done, total)))

    assert told[0] == (0, 12)
    assert told[-1] == (12, 12)
    assert told == sorted(told)
    assert len(told) > 5
    archive.take(DAY + timedelta(days=9), 100, lambda *_: pytest.fail("there is nothing to tell"))


def test_what_was_not_compared_yet_stays_in_the_log(log, archive, shown):
    filled(log, shown)

    archive.take(DAY + timedelta(days=9), up_to=4)

    assert [one.id for one in log.after(0, 100)] == list(range(5, 13))


def test_a_look_at_archived_sightings_finds_what_searching_each_finds(log, archive, shown):
    filled(log, shown)
    every = log.after(0, 100)
    archive.take(DAY + timedelta(days=9), up_to=100)
    for enrolled in ([(uuid.UUID(int=1), shown[0])], [(uuid.UUID(int=2), made_up(5))]):
        index, past = Index(), Past(log, enrolled)
        index.add_many(enrolled)

        pieces = [piece for file in archive.files() for piece in past.archived(file, 0)]

        found = sorted((m.sighting.id, m.candidate.reason) for piece in pieces for m in matches(piece.suspects, index))
        assert found == sorted((m.sighting.id, m.candidate.reason) for m in matches(every, index))
        assert found
        assert sum(piece.passed for piece in pieces) == 12
    first = archive.files()[0]
    assert [piece.last for piece in past.archived(first, 3)] == [p.last for p in past.archived(first, 0) if p.last > 3]


def test_a_file_is_kept_for_as_long_as_its_last_sighting_may_be(log, archive, shown):
    filled(log, shown)
    archive.take(DAY + timedelta(days=9), up_to=100)

    assert archive.forget_before(DAY + timedelta(hours=23)) == 0
    assert archive.forget_before(DAY + timedelta(days=1)) == 2
    assert {file.day for file in archive.files()} == {(DAY + timedelta(days=1)).date()}


def test_an_erased_picture_leaves_every_file(log, archive, shown):
    filled(log, shown)
    archive.take(DAY + timedelta(days=9), up_to=100)
    theirs = {part.bits for part in shown[0].whole}

    assert (
        archive.erase({(7).to_bytes(32)}, theirs) == 5
    )  # three stills, the animation that shows it, and the one named
    assert archive.count() == 7
    bits = b"".join(path.read_bytes() for path in archive._folder.rglob("*") if path.is_file())
    assert not any(each in bits for each in theirs)


def test_files_can_be_read_by_their_owner_only(log, archive, shown):
    filled(log, shown)
    archive.take(DAY + timedelta(days=9), up_to=100)

    assert {path.stat().st_mode & 0o077 for path in [archive._folder, *archive._folder.glob("day=*/*")]} == {0}


KILLED = """
import os, signal, sys
from datetime import datetime
from pathlib import Path
import matchers.archive
from matchers.archive import Archive
from matchers.sightings import open_engine
matchers.archive.FILE, matchers.archive.GROUP = 4, 2
archive, left = Archive(open_engine(sys.argv[1]), Path(sys.argv[2])), int(sys.argv[4])
leave = archive._leave
def dying(ids, end):
    global left
    left -= 1
    if left < 0:
        os.kill(os.getpid(), signal.SIGKILL)
    return leave(ids, end)
archive._leave = dying
archive.take(datetime.fromisoformat(sys.argv[3]), 100)
"""


@pytest.mark.parametrize("files_first", [0, 1])
def test_whoever_is_killed_while_moving_loses_and_repeats_nothing(log, archive, shown, engine, files_first):
    filled(log, shown)
    before = log.after(0, 100)
    url, end = engine.url.render_as_string(hide_password=False), (DAY + timedelta(days=9)).isoformat()

    done = subprocess.run(
        [sys.executable, "-c", KILLED, url, str(archive._folder), end, str(files_first)],
        env=dict(os.environ),
        check=False,
    )

    assert done.returncode == -signal.SIGKILL
    archive.take(DAY + timedelta(days=9), up_to=100)
    assert sorted(archived(archive), key=lambda one: one.id) == before
    assert log.after(0, 100) == []
