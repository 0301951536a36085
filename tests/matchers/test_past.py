"""A look at the past by blocks gives the same answers as searching every sighting, and reads few of them."""

import dataclasses
import uuid
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st

from matchers import Index, block_reading, blocks, fingerprint
from matchers.frames import Frame
from matchers.matching import matches
from matchers.past import Past, stretches
from matchers.regions.sieve import PatchSieve
from matchers.regions.tables import Tables, meetings_slowly
from matchers.sightings import Sighting, SightingLog, crawl_metadata, kept_for, open_engine, sighting_blocks
from matchers.suspects import Sieve

NOW = datetime(2026, 11, 1, 12, 0, tzinfo=UTC)


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


@pytest.fixture(scope="module")
def variants():
    """Return fingerprints of six drawn pictures: whole, mirrored, half of each, and each within a larger one."""
    from tests.matchers.conftest import photo, saved

    made = []
    for seed in range(1, 7):
        picture = photo(seed, 480, 360)
        page = photo(seed + 50, 640, 480)
        page.paste(picture.resize((320, 240)), (150, 120))
        for shown in (picture, picture.transpose(0), picture.crop((0, 0, 300, 360)), page):
            made.append(fingerprint(saved(shown, "PNG")))
    return made


def seen(number: int, made, **facts) -> Sighting:
    plain = Sighting("forum", f"http://a.test/{number}", "http://a.test/x.jpg", NOW, number.to_bytes(32), made)
    return dataclasses.replace(plain, **facts)


def found(sightings, index) -> list[tuple[int, uuid.UUID, str]]:
    return sorted((m.sighting.id, m.candidate.enrolment, m.candidate.reason) for m in matches(sightings, index))


def looked_back(log, enrolled, position=0):
    index = Index()
    for each, fp in enrolled:
        index.add(each, fp)
    pieces = list(Past(log, enrolled).after(position, 3))
    return found([one for piece in pieces for one in piece.suspects], index), index, pieces


def test_the_answers_are_those_of_searching_every_sighting(log, variants):
    """24 variants, then an animation: in blocks, in the rest, and in every kind of likeness."""
    log.append([seen(number, made) for number, made in enumerate(variants)])
    log.append([seen(90, variants[20], at_ms=0, more=(Frame(variants[1], 900), Frame(variants[6], 1800)))])
    log.append([seen(91, variants[3]), seen(92, variants[9])])
    log.blocks.seal()
    assert log.blocks.last() == 25

    for chosen in ([0], [2], [0, 4, 9], [], [3, 7, 11, 15]):
        enrolled = [(uuid.UUID(int=number + 1), variants[number]) for number in chosen]
        by_blocks, index, pieces = looked_back(log, enrolled)

        assert by_blocks == found(log.after(0, 100), index)
        assert sum(piece.passed for piece in pieces) == 27
        assert [piece.last for piece in pieces] == sorted(piece.last for piece in pieces)
        if chosen:
            kinds = {reason.split(":")[0] for _, _, reason in by_blocks}
            assert len(kinds) >= 2, "the pictures are alike in more than one way"


def test_only_what_can_be_a_likeness_is_read_whole(log, variants):
    log.append([seen(number, made) for number, made in enumerate(variants)])
    log.blocks.seal()

    _, _, pieces = looked_back(log, [(uuid.UUID(int=1), variants[0])])

    assert sum(len(piece.suspects) for piece in pieces) <= 8


def test_many_enrolments_read_every_sighting_and_find_the_same(log, variants, monkeypatch):
    from matchers import past

    monkeypatch.setattr(past, "MOST_SIEVED", 1)
    log.append([seen(number, made) for number, made in enumerate(variants)])
    log.blocks.seal()
    enrolled = [(uuid.UUID(int=number + 1), variants[number]) for number in (0, 4)]

    by_rows, index, pieces = looked_back(log, enrolled)

    assert by_rows == found(log.after(0, 100), index)
    assert sum(len(piece.suspects) for piece in pieces) == len(variants)


def test_a_look_goes_on_after_a_position_and_sees_nothing_twice(log, variants):
    log.append([seen(number, made) for number, made in enumerate(variants[:12])])
    log.blocks.seal()
    enrolled = [(uuid.UUID(int=1), variants[0])]

    pieces = list(Past(log, enrolled).after(5, 3))

    assert [piece.last for piece in pieces] == [10, 12]


def test_a_block_waits_until_it_is_full_and_none_is_written_twice(log, variants):
    log.append([seen(number, variants[number % 6]) for number in range(4)])
    assert (log.blocks.seal(), log.blocks.last()) == (0, 0)

    log.append([seen(number, variants[number % 6]) for number in range(4, 13)])
    assert (log.blocks.seal(), log.blocks.last()) == (2, 10)
    assert log.blocks.seal() == 0
    assert [block.ids.tolist() for block in log.blocks.after(0)] == [[1, 2, 3, 4, 5], [6, 7, 8, 9, 10]]


def test_what_is_forgotten_leaves_its_block_too(log, variants, engine):
    log.append([seen(n, variants[n], seen_at=NOW + timedelta(days=40 * (n % 2))) for n in range(10)])
    log.append([seen(n, variants[n]) for n in range(10, 15)])
    log.blocks.seal()
    before = list(log.blocks.after(0))

    assert log.forget_before(NOW + timedelta(days=30)) == 10

    assert [block.ids.tolist() for block in log.blocks.after(0)] == [[2, 4], [6, 8, 10]]
    kept = next(log.blocks.after(0))
    assert np.array_equal(kept.whole, before[0].whole[[1, 3]])
    assert np.array_equal(kept.patches, np.concatenate([variants[1].regions.hashes, variants[3].regions.hashes]))
    with engine.connect() as connection:
        assert connection.scalar(sa.select(sa.func.count()).select_from(sighting_blocks)) == 2


def test_blocks_of_another_version_are_made_anew(log, variants, engine):
    log.append([seen(number, variants[number]) for number in range(5)])
    log.blocks.seal()
    with engine.begin() as connection:
        connection.execute(sa.update(sighting_blocks).values(version="0"))
    assert list(log.blocks.after(0)) == []

    assert log.blocks.seal() == 1
    assert next(log.blocks.after(0)).ids.tolist() == [1, 2, 3, 4, 5]


@pytest.mark.parametrize("patches", [True, False])
def test_blocks_are_read_as_they_were_written_in_pieces_and_few_at_once(log, variants, monkeypatch, patches):
    monkeypatch.setattr(block_reading, "PIECE", 1000)
    monkeypatch.setattr(block_reading, "AT_ONCE", 2)
    log.append([seen(number, variants[number % 24]) for number in range(25)])
    log.blocks.seal()

    read = list(log.blocks.after(0, patches=patches))

    for block, first in zip(read, range(1, 26, 5), strict=True):
        numbers = range(first, first + 5)
        wanted = blocks.Block.of([(number, [variants[(number - 1) % 24]]) for number in numbers])
        assert (block.first_id, block.last_id, block.ids.tolist()) == (first, first + 4, list(numbers))
        assert np.array_equal(block.whole, wanted.whole)
        assert np.array_equal(block.patches, wanted.patches if patches else np.empty((0, 2)))
        assert block.counts.tolist() == (wanted.counts.tolist() if patches else [0] * 5)


def test_what_is_forgotten_while_blocks_are_read_is_read_no_more_as_a_sighting(log, variants, monkeypatch):
    monkeypatch.setattr("matchers.past.AHEAD", 1)
    log.append([seen(number, variants[0]) for number in range(20)])
    log.blocks.seal()
    pieces = Past(log, [(uuid.UUID(int=1), variants[0])]).after(0, 3)
    assert len(next(pieces).suspects) == 5

    log.forget_before(NOW + timedelta(days=1))
    log.append([seen(number, variants[0]) for number in range(30, 35)])

    assert [(piece.last, len(piece.suspects)) for piece in pieces][-2:] == [(23, 3), (25, 2)]
    assert log.count_after(0) == 5


def test_the_size_of_a_sighting_in_blocks_is_told(log, variants):
    log.append([seen(number, variants[number]) for number in range(5)])
    log.blocks.seal()
    patches = sum(len(made.regions) for made in variants[:5])

    assert log.blocks.size() == (5, 5 * (8 + 256 + 2) + 16 * patches)


def test_pieces_are_joined_until_there_is_enough_to_do(log, variants):
    log.append([seen(number, variants[0]) for number in range(9)])
    pieces = Past(log, [(uuid.UUID(int=1), variants[0])]).after(0, 3)

    assert [(len(each.suspects), each.last, each.passed) for each in stretches(pieces, 6, 1e9)] == [
        (6, 6, 6),
        (3, 9, 3),
    ]


words = st.integers(0, 2**64 - 1)
patches = st.lists(st.tuples(words, words), min_size=1, max_size=40)


@settings(max_examples=60, deadline=None)
@given(patches, patches, st.data())
def test_the_sieve_finds_exactly_the_patches_that_meet(enrolled, kept, data):
    """Some kept patches are enrolled ones with a few bits turned, so that there is something to meet."""
    for _ in range(10):
        low, high = data.draw(st.sampled_from(enrolled))
        for bit in data.draw(st.lists(st.integers(0, 127), max_size=20)):
            low, high = (low ^ (1 << bit), high) if bit < 64 else (low, high ^ (1 << (bit - 64)))
        kept.append((low, high))
    ours, theirs = np.array(enrolled, np.uint64), np.array(kept, np.uint64)

    met = PatchSieve(ours).meetings(theirs)

    assert sorted(met.tolist()) == sorted(meetings_slowly(theirs, ours).tolist())


@pytest.mark.parametrize("many", [3, 700, 5000])
def test_the_sieve_finds_all_meetings_however_many_patches_are_enrolled_and_kept(many):
    """Thousands of kept patches, near and far from enrolled ones: over every width of key and end of a pass."""
    random = np.random.default_rng(many)
    enrolled = random.integers(0, 2**64, (many, 2), np.uint64, endpoint=False)
    flips = random.integers(0, 2**64, (4, 2500, 2), np.uint64, endpoint=False)
    kept = enrolled[random.integers(0, many, 2500)] ^ (flips[0] & flips[1] & flips[2] & flips[3])

    met = PatchSieve(enrolled).meetings(kept)

    assert {tuple(pair) for pair in met.tolist()} == {tuple(p) for p in Tables(enrolled).meetings(kept).tolist()}
    assert len(met) == len(np.unique(met, axis=0)) > 300
    assert len(PatchSieve(enrolled).meetings(flips[0])) < 5


def test_a_sieve_of_nothing_suspects_nothing(variants):
    assert Sieve([]).suspects(blocks.Block.of([(1, [variants[0]])])).tolist() == []


def test_the_days_sightings_are_kept_are_a_setting():
    assert kept_for({}) == timedelta(days=30)
    assert kept_for({"WATCHLIGHT_KEEP_SIGHTINGS_DAYS": "7"}) == timedelta(days=7)
    for wrong in ("0", "-1", "a week", "9" * 9):
        with pytest.raises(ValueError, match="WATCHLIGHT_KEEP_SIGHTINGS_DAYS is a number of days"):
            kept_for({"WATCHLIGHT_KEEP_SIGHTINGS_DAYS": wrong})
