"""Animations: the moments that differ, with their times, and never more work than one picture deserves."""

import io
import uuid
from datetime import UTC, datetime

import pytest
from PIL import Image

from matchers import Index, Unhashable, frames, moving
from matchers.frames import at_time
from matchers.matching import matches
from matchers.sightings import Sighting

NOW = datetime(2026, 11, 1, tzinfo=UTC)


def animated(pictures: list[Image.Image], kind: str = "GIF", each_ms: int = 400, **options) -> bytes:
    file = io.BytesIO()
    pictures[0].save(file, kind, save_all=True, append_images=pictures[1:], duration=each_ms, loop=0, **options)
    return file.getvalue()


@pytest.fixture
def scenes(draw):
    """Return pictures of three scenes, each shown several times with a dot that moves."""

    def of(*seeds: int, times: int = 4) -> list[Image.Image]:
        shown = []
        for seed in seeds:
            for step in range(times):
                picture = draw(seed, 320, 240)
                picture.paste("white", (5 + 3 * step, 5, 9 + 3 * step, 9))
                shown.append(picture)
        return shown

    return of


@pytest.mark.parametrize("kind", ["GIF", "WEBP", "PNG", "AVIF"])
def test_near_copies_among_the_frames_are_one_and_each_has_its_time(scenes, kind):
    found = frames.frames(animated(scenes(1, 2, 3), kind))

    assert [frame.at_ms for frame in found] == [0, 1600, 3200]
    assert all("animated" in frame.fingerprint.flags for frame in found)


def test_a_still_picture_is_one_frame_without_a_time(draw, save):
    still = save(draw(1))

    assert [(frame.at_ms, frame.fingerprint) for frame in frames.frames(still)] == [(None, _plain(still))]


def _plain(file: bytes):
    from matchers import fingerprint

    return fingerprint(file)


def test_a_black_start_does_not_hide_what_comes_after_it(scenes):
    black = Image.new("RGB", (320, 240))

    assert [frame.at_ms for frame in frames.frames(animated([black, *scenes(1, times=1)]))] == [400]


def test_an_animation_of_nothing_is_refused_as_a_flat_picture_is():
    with pytest.raises(Unhashable) as refusal:
        frames.frames(animated([Image.new("RGB", (320, 240), colour) for colour in ("black", "white", "red")]))
    assert refusal.value.reason == "flat"


def test_a_tiny_animation_is_refused_by_name():
    with pytest.raises(Unhashable) as refusal:
        frames.frames(animated([Image.new("RGB", (3, 3), colour) for colour in ("black", "white")]))
    assert refusal.value.reason == "tiny"


def test_more_scenes_than_there_is_room_for_give_the_sixteen_that_differ_most(scenes):
    found = frames.frames(animated(scenes(*range(1, 23), times=1), "WEBP"))

    assert len(found) == frames.MOST
    assert found[0].at_ms == 0


def test_an_animation_cut_short_gives_the_frames_that_are_there(scenes):
    whole = animated(scenes(1, 2, 3))

    assert [frame.at_ms for frame in frames.frames(whole[: len(whole) * 3 // 4])][:2] == [0, 1600]


def test_of_many_large_frames_only_as_many_are_painted_as_the_work_allows():
    """60 frames of 3 megapixels: the first 50 are painted, 24 of them looked at."""
    pictures = [Image.new("P", (2000, 1500), n % 250) for n in range(60)]
    looked = moving.moments(animated(pictures, "GIF", 20))

    assert len(looked) <= moving.SAMPLED
    assert looked[-1].at_ms <= 50 * 20


def test_frames_come_back_from_bytes_and_from_json_as_they_were(scenes, draw, save):
    for file in (animated(scenes(1, 2)), save(draw(1))):
        made = frames.frames(file)
        assert frames.from_bytes(frames.to_bytes(made)) == made
        assert tuple(frames.Frame.from_json(frame.to_json()) for frame in made) == made


def test_a_still_picture_is_kept_as_the_plain_fingerprint_it_always_was(fp):
    assert frames.to_bytes([frames.Frame(fp(1))]) == fp(1).to_bytes()
    assert frames.from_bytes(fp(1).to_bytes()) == (frames.Frame(fp(1)),)


def test_damaged_frames_are_refused(scenes):
    stored = frames.to_bytes(frames.frames(animated(scenes(1, 2))))
    for damaged in (stored[:-1], stored + b"x", stored[:40], b"WLM"):
        with pytest.raises(ValueError, match=r"frame|fingerprint"):
            frames.from_bytes(damaged)


@pytest.mark.parametrize("told", [None, [], {"at_ms": -1, "fingerprint": {}}, {"at_ms": "1", "fingerprint": {}}])
def test_what_is_no_frame_is_refused(told):
    with pytest.raises(ValueError):
        frames.Frame.from_json(told)


def test_a_match_names_the_moment_and_an_animation_matches_once(scenes, fp, draw, save):
    index, enrolment = Index(), uuid.UUID(int=1)
    index.add(enrolment, _plain(save(draw(2, 320, 240), "PNG")))
    first, *more = frames.frames(animated(scenes(1, 2, 3)))
    seen = Sighting("forum", "http://a.test/", "http://a.test/x.gif", NOW, b"1" * 32, first.fingerprint, 7, 0, (*more,))

    (match,) = matches([seen], index)

    assert match.at_ms == 1600
    assert match.candidate.reason.endswith("; at 1.6 s")


@pytest.mark.parametrize(("at_ms", "words"), [(0, "at 0.0 s"), (2449, "at 2.4 s"), (65_900, "at 1:05 min")])
def test_a_moment_is_said_in_seconds_and_minutes(at_ms, words):
    assert at_time(at_ms) == words
