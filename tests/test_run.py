"""`watchlight run` as one long story: it crawls, tells the person, answers in the portal, and stops cleanly."""

import http.server
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from functools import partial
from pathlib import Path

import numpy
import pytest
from PIL import Image

from portal.demo.mailbox import open_mailbox, words_of

PATIENCE_S = 240  # on a busy machine every start of Python takes seconds

pytestmark = pytest.mark.timeout(900)


def command(*words: str) -> list[str]:
    return [sys.executable, "-m", "portal.cli", *words]


def watchlight(*words: str) -> str:
    return subprocess.run(command(*words), capture_output=True, text=True, check=True, timeout=PATIENCE_S).stdout


def until(true, what: str) -> None:
    end = time.monotonic() + PATIENCE_S
    while not true():
        assert time.monotonic() < end, f"waited in vain until {what}"
        time.sleep(0.2)


@pytest.fixture
def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    noise = numpy.random.default_rng(11).integers(0, 256, (12, 16, 3), dtype=numpy.uint8)
    file = tmp_path / "photo.jpg"
    Image.fromarray(noise).resize((800, 600), Image.Resampling.BICUBIC).save(file, quality=92)
    return file


@pytest.fixture
def place(tmp_path: Path, photo: Path):
    """A page on loopback that shows a smaller copy of the photo."""
    folder = tmp_path / "site"
    folder.mkdir()
    Image.open(photo).resize((500, 375)).save(folder / "copy.jpg", quality=60)
    (folder / "robots.txt").write_text("User-agent: *\nAllow: /\n")
    (folder / "index.html").write_text('<html lang="en"><title>Secret place</title><img src="copy.jpg"></html>')
    handler = partial(http.server.SimpleHTTPRequestHandler, directory=str(folder))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}/"
    server.shutdown()


@pytest.fixture
def house(free_port: int, monkeypatch: pytest.MonkeyPatch):
    """Start `watchlight run`; whatever the test does, it does not outlive the test."""
    started = []

    def start(**environ: str) -> subprocess.Popen:
        process = subprocess.Popen(
            command("run", "--port", str(free_port)),
            env={**os.environ, **environ},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        started.append(process)
        return process

    yield start
    for process in started:
        if process.poll() is None:
            process.kill()
        process.communicate()


def answers(port: int, path: str) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=5) as answer:
            return answer.status == 200
    except OSError:
        return False


def test_run_crawls_matches_tells_and_stops_cleanly(house, place, photo, free_port, monkeypatch):
    monkeypatch.setenv("WATCHLIGHT_ALLOW_LOOPBACK", "1")
    watchlight("person", "add", "Mina", "--email", "mina@mail.example", "--phrase", "blue heron")
    watchlight("enrol", "--person", "Mina", str(photo))
    watchlight("target", "add", "place", place, "--delay", "0.1")
    with open_mailbox() as mailbox:
        process = house(WATCHLIGHT_SMTP_URL=mailbox.url, WATCHLIGHT_MAIL_FROM="desk@mail.example")
        until(lambda: answers(free_port, "/"), "the portal answers")
        until(lambda: answers(free_port, "/metrics"), "the metrics answer")
        until(lambda: mailbox.mails, "a mail arrives")
        process.send_signal(signal.SIGTERM)
        said, log = process.communicate(timeout=PATIENCE_S)
        [mail] = mailbox.mails
    assert process.returncode == 0, log
    assert f"http://127.0.0.1:{free_port}" in said
    assert "blue heron" in words_of(mail)
    for secret in (place, "Secret place", "copy.jpg"):
        assert secret not in f"{mail}{words_of(mail)}"
    for secret in (place, "mina@mail.example", "copy.jpg"):
        assert secret not in log


def test_a_second_run_on_the_same_data_is_refused_with_what_to_do(house, free_port):
    first = house()
    until(lambda: answers(free_port, "/"), "the portal answers")
    second = house()
    _, words = second.communicate(timeout=PATIENCE_S)
    assert second.returncode == 2
    assert "WATCHLIGHT_HOME" in words
    assert f"process {first.pid}" in words
    assert watchlight("target", "list") is not None


def test_a_taken_port_is_refused_with_what_to_do(house, free_port):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", free_port))
        taken.listen()
        process = house()
        _, words = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 2
    assert "--port" in words
