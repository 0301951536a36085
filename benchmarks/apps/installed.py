"""The applications: installed from PyPI into a folder of their own, filled with drawn pictures, served on loopback.

An Otter Wiki keeps pages in git and shows attached pictures in pages, at their size and as thumbnails. copyparty is
a file server with a gallery: its page gets the listing as JSON and draws the pictures' thumbnails by script.
"""

import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.crawler.conftest import drawn

PACKAGES = ("otterwiki==2.26.1", "copyparty==1.20.26", "setuptools<81")
SIZE = (640, 480)
START_S = 120.0


class NotInstalled(Exception):
    """The applications are not there and could not be installed; the sentence says what to do."""


@dataclass
class Serving:
    """An application that runs: where to start, its process, the pictures in it by name."""

    name: str
    version: str
    start: str
    process: subprocess.Popen[bytes]
    pictures: dict[str, bytes]


def install(folder: Path) -> Path:
    """Return the Python of a folder with the applications, installing them with pip where they are missing."""
    python = folder / "bin" / "python"
    if python.exists() and not _run(python, "-c", "import otterwiki, copyparty").returncode:
        return python
    made = _run(Path(sys.executable), "-m", "venv", str(folder))
    if made.returncode == 0:
        made = _run(python, "-m", "pip", "install", "--quiet", *PACKAGES)
    if made.returncode:
        raise NotInstalled(
            f"This needs {' and '.join(PACKAGES[:2])} from PyPI. pip could not install them into {folder}:\n"
            f"{made.stderr.decode(errors='replace')[-500:]}\nInstall them there by hand, or name a folder with --into."
        )
    return python


def _run(*command: Path | str) -> "subprocess.CompletedProcess[bytes]":
    return subprocess.run([str(one) for one in command], capture_output=True, check=False)


def wiki(python: Path, home: Path, pages: int) -> Serving:
    """An Otter Wiki of so many pages, three pictures on each: by Markdown, as a thumbnail, and attached only."""
    repository = home / "pages"
    repository.mkdir(parents=True)
    pictures: dict[str, bytes] = {}
    for number in range(pages):
        folder = repository / f"page{number}"
        folder.mkdir()
        names = [f"shown{number}.jpg", f"small{number}.png", f"attached{number}.jpg"]
        for place, name in enumerate(names):
            kind = "PNG" if name.endswith("png") else "JPEG"
            pictures[f"wiki {name}"] = drawn(1_000 + 10 * number + place, SIZE, kind)
            (folder / name).write_bytes(pictures[f"wiki {name}"])
        text = f"# Page {number}\n\n![](/Page{number}/a/{names[0]})\n\n"
        text += f"[![](/Page{number}/t/{names[1]})](/Page{number}/a/{names[1]})\n"
        (repository / f"page{number}.md").write_text(text)
    home_page = "# Home\n\n" + "\n".join(f"- [Page {number}](/Page{number})" for number in range(pages))
    (repository / "home.md").write_text(home_page)
    for command in (["init", "-q"], ["add", "-A"], ["commit", "-qm", "Fill the wiki"]):
        identity = ["-c", "user.name=nobody", "-c", "user.email=nobody@place.example"]
        subprocess.run(["git", *identity, *command], cwd=repository, check=True)
    port = _free_port()
    environ = {
        "REPOSITORY": str(repository),
        "SECRET_KEY": "a key for this benchmark only",
        "SQLALCHEMY_DATABASE_URI": f"sqlite:///{home / 'wiki.sqlite'}",
    }
    # One request after the other: its conversation with git is not made for threads, and two at once hang for ever.
    command = ["-m", "flask", "--app", "otterwiki.server", "run", "--without-threads", "--port", str(port)]
    process = _serve(python, command, environ, home)
    return _ready(Serving("wiki", "An Otter Wiki 2.26.1", f"http://127.0.0.1:{port}/", process, pictures))


def gallery(python: Path, home: Path, folders: int) -> Serving:
    """A copyparty of so many folders with five pictures each, shown as a grid of thumbnails."""
    pictures: dict[str, bytes] = {}
    for number in range(folders):
        folder = home / "albums" / f"album{number}"
        folder.mkdir(parents=True)
        for place in range(5):
            kind = "PNG" if place == 4 else "JPEG"
            name = f"picture{number}-{place}.{'png' if place == 4 else 'jpg'}"
            pictures[f"gallery {name}"] = drawn(50_000 + 10 * number + place, SIZE, kind)
            (folder / name).write_bytes(pictures[f"gallery {name}"])
    port = _free_port()
    albums = f"{home / 'albums'}::r"
    command = ["-m", "copyparty", "-q", "-i", "127.0.0.1", "-p", str(port), "--grid", "-e2d", "-v", albums]
    command += ["--hist", str(home / "hist"), "--no-crt"]
    process = _serve(python, command, {"XDG_CONFIG_HOME": str(home)}, home)
    return _ready(Serving("gallery", "copyparty 1.20.26", f"http://127.0.0.1:{port}/", process, pictures))


def _serve(python: Path, command: Sequence[str], environ: dict[str, str], home: Path) -> "subprocess.Popen[bytes]":
    """Start an application in its own folder, with nothing of our environment but the path."""
    inner = {"PATH": os.environ["PATH"], "HOME": str(home), **environ}
    with (home / "log").open("wb") as log:
        return subprocess.Popen([str(python), *command], env=inner, cwd=home, stdout=log, stderr=log)


def _ready(one: Serving) -> Serving:
    until = time.monotonic() + START_S
    while time.monotonic() < until and one.process.poll() is None:
        try:
            with urllib.request.urlopen(one.start, timeout=10):
                return one
        except OSError:
            time.sleep(0.3)
    one.process.kill()
    raise NotInstalled(f"{one.version} did not begin to answer on {one.start}; its folder holds a log.")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
