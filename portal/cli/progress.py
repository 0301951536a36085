"""Progress on the command line: a bar on a terminal, a plain line now and then elsewhere; a clean stop at Ctrl-C."""

import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from portal.cli import say

if TYPE_CHECKING:
    from crawler.longwork import Kind, Told, Work
    from crawler.store import CrawlStore

LINE_S = 3.0
BAR = 12
"""Signs of a bar; the rest of the line says in words and figures how far it is."""
WORDS = {
    "look-back": "Looking back",
    "archive": "Archiving",
    "reading": "Reading",
    "import": "Importing",
    "rebuild": "Sorting hashes",
    "index": "Filling the index",
}


@contextmanager
def long_work(store: "CrawlStore", kind: "Kind", unit: str, *, quiet: bool = False) -> Iterator["Told"]:
    """Show work that takes long, here and in the portal, while the block runs: call what is given as it goes on.

    Ctrl-C and SIGTERM end the block; whoever runs the command again goes on from there. `quiet`: nothing here.
    """
    before = signal.signal(signal.SIGTERM, _interrupt)
    try:
        with _drawing(WORDS[kind], quiet=quiet) as drawn, store.long_work.shown(kind, unit, drawn) as told:
            yield told
    except KeyboardInterrupt:
        say.fail("Stopped. Run the same command again to go on where it stopped.", code=130)
    finally:
        signal.signal(signal.SIGTERM, before)


def _interrupt(*_: object) -> None:
    raise KeyboardInterrupt


@contextmanager
def _drawing(what: str, *, quiet: bool) -> "Iterator[Callable[[Work], None] | None]":
    """Give what shows work here: nothing, a bar, or lines."""
    if quiet:
        yield None
    elif sys.stdout.isatty():
        with _bar() as bar:
            yield _Bar(bar, what)
    else:
        yield _Lines(what)


def _bar() -> Any:
    from rich.progress import BarColumn, Progress, TextColumn

    return Progress(TextColumn("{task.description}"), BarColumn(BAR), TextColumn("{task.fields[words]}"))


class _Bar:
    def __init__(self, bar: Any, what: str) -> None:
        self._bar, self._what, self._task = bar, what, None

    def __call__(self, work: "Work") -> None:
        if self._task is None:
            self._task = self._bar.add_task(self._what, words="")
        # A bar and words that do not fit into one line of the terminal would take the figures out of sight.
        room = self._bar.console.width - len(self._what) - BAR - 3
        self._bar.update(self._task, completed=work.done, total=work.total or 1, words=work.in_words(room))


class _Lines:
    def __init__(self, what: str) -> None:
        self._what, self._said = what, time.monotonic()

    def __call__(self, work: "Work") -> None:
        if time.monotonic() - self._said >= LINE_S:
            self._said = time.monotonic()
            say.line(f"{self._what}: {work.in_words()}.")
