"""Videos by their frames: the moments that differ, with their times, and nothing but the file itself is opened."""

import http.server
import io
import random
import socket
import threading
import uuid

import pytest

from matchers import Index, Unhashable, fingerprint, frames, video
from matchers.matching import matches
from tests.matchers.video_files import encoded

av = pytest.importorskip("av")


@pytest.mark.parametrize(
    ("kind", "codec"),
    [("mp4", "libx264"), ("mov", "libx264"), ("matroska", "libx264"), ("mp4", "mpeg4"), ("webm", "libvpx")],
)
def test_each_scene_of_a_video_is_a_frame_with_its_time(draw, kind, codec):
    found = frames.frames(encoded([draw(seed, 320, 240) for seed in (1, 2, 3)], kind, codec), videos=True)

    assert [frame.at_ms for frame in found] == [0, 1000, 2000]


def test_a_scene_between_two_key_frames_is_found_too(draw):
    found = frames.frames(encoded([draw(seed, 320, 240) for seed in (1, 2, 3)], gop=1000), videos=True)

    assert len(found) == 3


def test_a_match_names_the_moment_of_the_video(draw, seen):
    index = Index()
    index.add(uuid.UUID(int=1), fingerprint(_png(draw(2, 320, 240))))
    shown = frames.frames(encoded([draw(1, 320, 240), draw(2, 320, 240)], each=20), videos=True)

    (match,) = matches([seen(shown)], index)
    assert (match.at_ms, match.candidate.reason.endswith("; at 2.0 s")) == (2000, True)


@pytest.fixture
def seen():
    from datetime import UTC, datetime

    from matchers.sightings import Sighting

    def of(shown):
        first, *more = shown
        when = datetime(2026, 11, 1, tzinfo=UTC)
        return Sighting(
            "t",
            "http://a.test/",
            "http://a.test/v.mp4",
            when,
            b"d" * 32,
            first.fingerprint,
            1,
            first.at_ms,
            tuple(more),
        )

    return of


def _png(image) -> bytes:
    file = io.BytesIO()
    image.save(file, "PNG")
    return file.getvalue()


def test_a_video_is_opened_only_where_somebody_asked_for_it(draw):
    file = encoded([draw(1, 320, 240)])
    for look in (lambda: frames.frames(file), lambda: fingerprint(file)):
        with pytest.raises(Unhashable) as refusal:
            look()
        assert refusal.value.reason == "format"


def test_without_the_extra_a_video_is_refused_as_a_file_we_cannot_read(draw, monkeypatch):
    monkeypatch.setattr(video, "is_installed", lambda: False)
    with pytest.raises(Unhashable) as refusal:
        frames.frames(encoded([draw(1, 320, 240)]), videos=True)
    assert refusal.value.reason == "format"


def test_still_pictures_in_the_same_boxes_are_no_videos(draw, save):
    for kind in ("AVIF", "PNG", "GIF", "WEBP", "JPEG"):
        assert video.container_of(save(draw(1), kind)) is None
    assert len(frames.frames(save(draw(1), "AVIF"), videos=True)) == 1


@pytest.fixture
def listener():
    """An HTTP server on loopback that counts who asks."""
    asked = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_error(404)

        def log_message(self, *_):
            """Say nothing."""

    server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    yield server.server_address[1], asked
    server.shutdown()
    server.server_close()


def playlists(port: int) -> list[bytes]:
    """Files that make a careless reader open addresses and other files."""
    hls = "#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\n{}\n#EXT-X-ENDLIST\n"
    dash = '<?xml version="1.0"?><MPD><Period><AdaptationSet><BaseURL>{}</BaseURL></AdaptationSet></Period></MPD>'
    concat = "ffconcat version 1.0\nfile '{}'\n"
    return [
        text.format(address).encode()
        for text in (hls, dash, concat)
        for address in (f"http://127.0.0.1:{port}/part.ts", "file:///etc/passwd")
    ]


def test_playlists_and_references_open_neither_addresses_nor_files(listener):
    port, asked = listener
    for text in playlists(port):
        for start in (b"", b"\0\0\0\x18ftypisom\0\0\0\0isomiso2", b"\x1a\x45\xdf\xa3"):
            with pytest.raises(Unhashable):
                frames.frames(start + text, videos=True)
    assert asked == []


def test_the_same_playlist_makes_a_careless_reader_dial(listener):
    """What the test above would see, were the container guessed and nothing refused."""
    port, asked = listener
    options = {"protocol_whitelist": "http,tcp,file,crypto", "allowed_extensions": "ALL"}
    with pytest.raises(av.FFmpegError):
        next(av.open(io.BytesIO(playlists(port)[0]), format="hls", options=options).demux())
    assert asked


def test_a_container_cannot_ask_for_another_file():
    with pytest.raises(PermissionError):
        video._nothing_else("file:///etc/passwd", 1, {})


def test_damaged_videos_give_frames_or_a_named_reason_and_never_more(draw):
    pick, good = random.Random(7), encoded([draw(1, 320, 240), draw(2, 320, 240)])
    outcomes = set()
    for number in range(120):
        file = bytearray(good)
        for _ in range(pick.randrange(1, 40)):
            file[pick.randrange(12, len(file) if number % 2 else 600)] = pick.randrange(256)
        try:
            cut = pick.randrange(200, len(file)) if number % 5 == 0 else len(file)
            outcomes.add(len(frames.frames(bytes(file[:cut]), videos=True)))
        except Unhashable as refusal:
            outcomes.add(refusal.reason)
    assert {"broken"} < outcomes <= {"broken", "codec", "no-pictures", "flat", "too-large", 1, 2}


def test_a_video_without_moving_pictures_or_with_other_coding_is_refused_by_name(draw):
    sound = io.BytesIO()
    with av.open(sound, "w", format="mov") as container:
        stream = container.add_stream("pcm_s16le", rate=8000, layout="mono")
        frame = av.AudioFrame(format="s16", layout="mono", samples=1024)
        frame.sample_rate = 8000
        container.mux(stream.encode(frame))
        container.mux(stream.encode())
    for file, reason in (
        (sound.getvalue(), "no-pictures"),
        (encoded([draw(1, 320, 240)], "matroska", "ffv1"), "codec"),
    ):
        with pytest.raises(Unhashable) as refusal:
            frames.frames(file, videos=True)
        assert refusal.value.reason == reason


def test_of_a_long_video_no_more_than_a_bounded_number_of_moments_is_held(draw):
    shown = [draw(seed, 96, 72) for seed in range(1, 50)]
    assert len(video.moments(encoded(shown))) <= video.MOST_MOMENTS


def test_no_socket_is_made_to_open_a_video(draw, monkeypatch):
    monkeypatch.setattr(socket, "socket", None)
    assert frames.frames(encoded([draw(1, 320, 240)]), videos=True)
