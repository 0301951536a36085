"""The fast index gives the answers of the slow obvious one: at every distance, size, after every change."""

import dataclasses
import uuid

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matchers import Fingerprint, ImageHash, Index
from matchers.deciding import RADIUS, WHOLE, alike
from matchers.fingerprint import VERSION
from matchers.hashes import phash
from matchers.index import SlowIndex
from matchers.whole_scan import BLOCK, scan

SIZES = [0, 1, 2, 7, 8, 9, 1023, 1024, 1025]


def made_up(seed: int, witnessed: bool = True) -> Fingerprint:
    """A fingerprint of random bits: far from every other."""
    rng = np.random.default_rng(seed)
    whole = tuple(ImageHash("pdq", "1", rng.bytes(32)) for _ in range(8))
    witness = ImageHash(phash.ALGORITHM, phash.VERSION, rng.bytes(8)) if witnessed else None
    return Fingerprint(VERSION, 640, 480, 100, whole, witness)


def at_distance(fp: Fingerprint, bits: int, orientation: int, seed: int, second: int = 0) -> Fingerprint:
    """A picture that in one orientation differs from the enrolled one by so many bits of each hash."""
    rng = np.random.default_rng(seed)
    whole = list(made_up(seed + 1).whole)
    whole[orientation] = _flipped(fp.whole[0], bits, rng)
    witness = _flipped(fp.witness, second, rng) if fp.witness else None
    return dataclasses.replace(fp, whole=tuple(whole), witness=witness)


def _flipped(part: ImageHash, bits: int, rng: np.random.Generator) -> ImageHash:
    flat = np.unpackbits(np.frombuffer(part.bits, np.uint8))
    flat[rng.choice(len(flat), bits, replace=False)] ^= 1
    return dataclasses.replace(part, bits=np.packbits(flat).tobytes())


def name(number: int) -> uuid.UUID:
    return uuid.UUID(int=number)


@pytest.mark.parametrize("size", SIZES)
def test_in_a_full_index_every_enrolment_is_found_at_every_size(size):
    index = Index()
    for number in range(size):
        index.add(name(number), made_up(number))

    assert len(index) == size
    for number in {0, 1, size // 2, size - 2, size - 1} & set(range(size)):
        found = index.search(made_up(number))
        assert [(candidate.enrolment, candidate.distance) for candidate in found] == [(name(number), 0)]
    assert index.search(made_up(10_000)) == []


@pytest.mark.parametrize("bits", range(0, RADIUS + 2))
def test_every_distance_up_to_the_radius_is_found_and_none_beyond(bits):
    enrolled = made_up(1)
    for index in (Index(), SlowIndex()):
        index.add(name(1), enrolled)

        found = index.search(at_distance(enrolled, bits, 0, seed=bits))

        assert [candidate.distance for candidate in found] == ([bits] if bits <= WHOLE.near else [])
        looked_at = [
            each.weighed.whole.distance for each in index.considered(at_distance(enrolled, bits, 0, seed=bits))
        ]
        assert looked_at == ([bits] if bits <= RADIUS else [])


operations = st.lists(
    st.tuples(
        st.sampled_from(["add", "add", "remove", "search"]),
        st.integers(0, 12),  # which enrolment, which picture: few, so that duplicates and replacements are common
        st.integers(0, 9),
        st.integers(0, WHOLE.far + 4),
        st.integers(0, 7),
        st.integers(0, 24),
    ),
    max_size=60,
)


@settings(max_examples=150, deadline=None)
@given(operations)
def test_both_indexes_agree_after_any_history(history):
    fast, slow = Index(), SlowIndex()
    for step, (what, number, picture, bits, orientation, second) in enumerate(history):
        fp = made_up(picture, witnessed=picture % 3 != 0)
        if what == "search":
            query = at_distance(fp, bits, orientation, seed=step, second=second)
            assert fast.search(query) == slow.search(query)
        else:
            for index in (fast, slow):
                index.add(name(number), fp) if what == "add" else index.remove(name(number))
        assert len(fast) == len(slow)


def test_the_same_photo_enrolled_twice_is_found_for_both():
    index = Index()
    index.add(name(2), made_up(1))
    index.add(name(1), made_up(1))

    assert [candidate.enrolment for candidate in index.search(made_up(1))] == [name(1), name(2)]


def test_a_withdrawn_enrolment_is_found_no_more_and_its_bits_are_gone():
    index, fp = Index(), made_up(1)
    index.add(name(1), fp)
    index.remove(name(1))
    index.remove(name(1))

    assert (len(index), index.search(fp)) == (0, [])
    assert not index._flat._chunks


def test_fingerprints_of_another_version_never_meet():
    other = dataclasses.replace(made_up(1), version="1")
    for index in (Index(), SlowIndex()):
        for act in (lambda index=index: index.add(name(1), other), lambda index=index: index.search(other)):
            with pytest.raises(ValueError, match="version 1"):
                act()


def test_the_further_one_hash_is_the_nearer_the_other_must_be():
    assert alike(WHOLE.near, WHOLE.witness_near, "agree")
    assert alike(WHOLE.far, WHOLE.witness_far, "agree")
    assert not alike(WHOLE.near + 1, WHOLE.witness_far + 1, "agree")
    assert not alike(0, WHOLE.witness_near + 1, "agree")
    assert not alike(WHOLE.far + 1, 0, "agree")


def test_where_no_patches_can_be_asked_both_hashes_must_be_nearer():
    assert alike(WHOLE.alone, WHOLE.witness_near)
    assert alike(WHOLE.near, WHOLE.witness_far)
    assert not alike(WHOLE.alone + 1, WHOLE.witness_far + 1)
    assert not alike(WHOLE.near + 1, 0)
    assert alike(WHOLE.alone, None)
    assert not alike(WHOLE.alone + 1, None)


def test_beyond_the_published_radius_the_patches_have_a_say():
    assert alike(WHOLE.certain, 0, "differ")
    assert not alike(WHOLE.certain + 1, 0, "differ")
    assert alike(WHOLE.far, WHOLE.witness_far, "agree")
    assert alike(WHOLE.far, None, "agree")


def test_graphics_must_be_nearly_the_same():
    assert alike(WHOLE.plain, WHOLE.witness_plain, plain=True)
    assert not alike(WHOLE.plain + 1, 0, plain=True)
    assert not alike(0, WHOLE.witness_plain + 1, plain=True)


def test_a_nearer_copy_is_surer_and_every_candidate_says_why():
    index, fp = Index(), made_up(1)
    index.add(name(1), fp)
    found = [index.search(at_distance(fp, bits, 0, seed=bits))[0] for bits in (0, 40, WHOLE.alone)]

    assert 1 > found[0].confidence >= found[1].confidence > found[2].confidence > 0
    assert found[1].reason == "the whole picture: 216 of 256 bits agree, and 64 of 64 of a second hash"


@pytest.mark.parametrize("rows", [0, 1, 255, 256, 257, 700, BLOCK - 1, BLOCK, BLOCK + 1, 2 * BLOCK + 1])
def test_the_pass_over_many_hashes_finds_what_comparing_all_with_all_finds(rows):
    rng = np.random.default_rng(rows)
    hashes = rng.integers(0, 2**63, (4, 3 * BLOCK), np.uint64)
    queries = rng.integers(0, 2**63, (8, 4), np.uint64)
    hashes[:, : rows // 2] = queries[0, :, None] ^ (rng.random((4, rows // 2)) < 0.5)
    radius = 126  # so wide that strangers come in too, and the list of hits must grow

    apart = np.bitwise_count(hashes[:, None, :rows] ^ queries.T[:, :, None]).sum(axis=0)
    expected = [(int(row), int(query), int(apart[query, row])) for query, row in np.argwhere(apart <= radius)]
    assert sorted(map(tuple, scan(hashes, rows, queries, radius).tolist())) == sorted(expected)
