"""A fingerprint is made, kept, and read back; what nobody could tell from others is refused."""

import dataclasses
import json
import pickle
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

import matchers
from matchers import Fingerprint, ImageHash, Unhashable, fingerprint
from matchers.fingerprint import require_usable


def test_the_public_names_are_there():
    assert all(getattr(matchers, name) for name in matchers.__all__)
    assert callable(matchers.fingerprint)


def test_who_makes_no_fingerprint_does_not_wait_for_numba():
    program = "import sys, matchers.decode, matchers.frames, matchers.hashes.phash; print('numba' in sys.modules)"

    assert subprocess.run([sys.executable, "-c", program], capture_output=True, check=True).stdout == b"False\n"


def test_a_fingerprint_has_eight_whole_hashes_a_witness_and_the_size_of_the_picture(fp):
    made = fp(1, width=640, height=480)

    assert (made.width, made.height, len(made.whole)) == (640, 480, 8)
    assert made.whole[0].algorithm == "pdq"
    assert made.witness is not None
    assert 50 < made.quality <= 100


@pytest.mark.parametrize("witnessed", [True, False])
def test_bytes_and_json_bring_it_back_unchanged(witnessed, fp):
    made = dataclasses.replace(fp(1), flags=frozenset({"partial", "animated"}))
    if not witnessed:
        made = dataclasses.replace(made, witness=None)

    assert Fingerprint.from_bytes(made.to_bytes()) == made
    assert Fingerprint.from_json(json.loads(json.dumps(made.to_json()))) == made
    assert Fingerprint.from_json(json.dumps(made.to_json())) == made
    assert made.regions is not None
    whole = dataclasses.replace(made, regions=None)
    assert Fingerprint.from_bytes(whole.to_bytes()) == whole
    assert len(whole.to_bytes()) == (283 if witnessed else 275)
    assert len(made.to_bytes()) <= 12_000


def test_a_fingerprint_of_another_version_can_still_be_kept_and_read(fp):
    other = dataclasses.replace(fp(1), version="1")

    assert Fingerprint.from_bytes(other.to_bytes()).version == "1"


@given(st.binary(max_size=400))
def test_bytes_that_are_no_fingerprint_are_refused(stored):
    with pytest.raises(ValueError, match="fingerprint"):
        Fingerprint.from_bytes(stored)


def test_a_cut_or_lengthened_fingerprint_is_refused(fp):
    stored = fp(1).to_bytes()
    for damaged in (stored[:-1], stored + b"\0", stored[:20]):
        with pytest.raises(ValueError, match="fingerprint"):
            Fingerprint.from_bytes(damaged)


@pytest.mark.parametrize(
    "change",
    [
        {"pdq": {}},
        {"pdq": None},
        {"phash": "12"},
        {"phash": 12},
        {"width": 0},
        {"height": -1},
        {"width": "wide"},
        {"quality": 101},
        {"flags": ["unheard-of"]},
        {"flags": 3},
        {"version": ""},
        {"version": "far too long"},
    ],
)
def test_json_that_is_no_fingerprint_is_refused(change, fp):
    with pytest.raises(ValueError):
        Fingerprint.from_json(fp(1).to_json() | change)


def test_json_without_a_part_is_refused(fp):
    told = fp(1).to_json()
    del told["width"]

    for untrusted in (told, "[]", "{", "null", "7"):
        with pytest.raises(ValueError):
            Fingerprint.from_json(untrusted)


def test_a_fingerprint_has_exactly_the_hashes_it_should(fp):
    made = fp(1)
    for change in (
        {"whole": made.whole[:7]},
        {"whole": (*made.whole[:7], ImageHash("pdq", "1", b"short"))},
        {"witness": made.whole[0]},
    ):
        with pytest.raises(ValueError):
            dataclasses.replace(made, **change)


def grey_card(noise: int) -> Image.Image:
    rng = np.random.default_rng(1)
    return Image.fromarray((128 + rng.integers(-noise, noise + 1, (480, 640, 3))).astype(np.uint8))


@pytest.mark.parametrize(
    "picture",
    [Image.new("RGB", (640, 480), "white"), grey_card(12), Image.new("RGBA", (640, 480))],
    ids=["one-colour", "noise-of-a-camera", "transparent"],
)
def test_a_flat_picture_is_refused_in_plain_words(picture, save):
    with pytest.raises(Unhashable, match="too little structure") as refusal:
        fingerprint(save(picture, "PNG"))
    assert refusal.value.reason == "flat"


@pytest.mark.parametrize("size", [(1, 1), (3, 900), (63, 63), (640, 40)])
def test_a_tiny_picture_is_refused_in_plain_words(size, save, draw):
    with pytest.raises(Unhashable, match="64 pixels") as refusal:
        fingerprint(save(draw(1).resize(size), "PNG"))
    assert refusal.value.reason == "tiny"


def test_the_gate_is_one_function_for_both_sides():
    require_usable(64, 64, 50)
    for width, height, quality, reason in ((63, 900, 100, "tiny"), (900, 900, 0, "flat")):
        with pytest.raises(Unhashable) as refusal:
            require_usable(width, height, quality)
        assert refusal.value.reason == reason


def test_a_refusal_travels_between_processes():
    refusal = pickle.loads(pickle.dumps(Unhashable("flat")))

    assert (refusal.reason, str(refusal)) == ("flat", str(Unhashable("flat")))
