"""One trial: a command is interrupted again and again, called again, and must end where an undisturbed one does."""

import random
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from benchmarks.interrupted.made import Stores, end_state
from crawler import schema
from crawler.store import CrawlStore
from matchers.archive import FILE

HOUSE = Path(__file__).resolve().parents[2]
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGKILL)
PATIENCE_S = 600.0
AGAIN = {"archive": FILE, "import": sys.maxsize, "reading": sys.maxsize}
"""How much may be done again, by the kind of work: a file of the archive. A list is read from its start each time."""
EARLY_SHARE = 0.1
"""How often a command is interrupted while it still starts."""


@dataclass
class Trial:
    """What came of one command: how often it was interrupted while it worked, and what is not as it should be."""

    interrupted: int = 0
    early: int = 0
    wrong: list[str] = field(default_factory=list)


def undisturbed(prepared: Stores, folder: Path, command: Sequence[str]) -> tuple[dict[str, Any], float]:
    """Return the state that the command leads to when nobody interrupts it, and how long it took."""
    stores, began = prepared.copy(folder), time.monotonic()
    done = _start(stores, command)
    said, complaints = done.communicate(timeout=PATIENCE_S)
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)} failed:\n{said}\n{complaints}")
    took = time.monotonic() - began
    state = end_state(stores)
    stores.end()
    return state, took


def disturbed(
    prepared: Stores,
    folder: Path,
    command: Sequence[str],
    wanted: dict[str, Any],
    ends: Sequence[signal.Signals],
    dice: random.Random,
) -> Trial:
    """Interrupt the command by one signal after the other, let it end, and compare what it led to."""
    stores, trial = prepared.copy(folder), Trial()
    for end in (*ends, None):
        process = _start(stores, command)
        early = trial.early
        struck = end is not None and _strike(stores, process, end, dice, trial)
        _, complaints = process.communicate(timeout=PATIENCE_S)
        if end is None or not struck or process.returncode == 0:
            break  # it was through, maybe before it was struck
        if trial.early == early:  # what Python itself says while it starts is not ours
            _judge(trial, end, process.returncode, complaints)
    if process.returncode:
        trial.wrong.append(f"the last run left with {process.returncode}: {complaints[-300:]}")
    trial.wrong += differences(wanted, end_state(stores)) + steps_back(stores)
    stores.end()
    return trial


def _start(stores: Stores, command: Sequence[str]) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-m", "portal.cli", *command],
        env=stores.environ,
        cwd=HOUSE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def _strike(
    stores: Stores, process: "subprocess.Popen[str]", end: signal.Signals, dice: random.Random, trial: Trial
) -> bool:
    """Send the signal at some moment after the command first said how far it is, now and then before."""
    if early := dice.random() < EARLY_SHARE:
        time.sleep(dice.random() * 1.5)
    else:
        store = CrawlStore.open(environ=stores.environ)
        before = len(_told(store))
        while process.poll() is None and len(_told(store)) == before:
            time.sleep(0.01)
        store.close()
        time.sleep(dice.random() * dice.choice((0.05, 0.5, 2.0)))
    if process.poll() is not None:
        return False
    process.send_signal(end)
    trial.early += early
    trial.interrupted += not early
    return True


def _judge(trial: Trial, end: signal.Signals, code: int, complaints: str) -> None:
    """Whoever stops a command is told that it goes on with the same one, and never shown a traceback."""
    if end is signal.SIGKILL:
        return
    if "Traceback" in complaints:
        trial.wrong.append(f"after {end.name} it said: {complaints[-400:]}")
    if code not in (130, -end):
        trial.wrong.append(f"after {end.name} it left with {code}: {complaints[-300:]}")


def _told(store: CrawlStore) -> "list[sa.Row[Any]]":
    with store.engine.connect() as connection:
        return list(connection.execute(sa.select(schema.long_work).order_by(schema.long_work.c.id)))


def steps_back(stores: Stores) -> list[str]:
    """Return where the progress that was shown began again before the place where an earlier try had come to."""
    store, found = CrawlStore.open(environ=stores.environ), list[str]()
    latest: dict[str, Any] = {}
    for work in _told(store):
        before = latest.get(work.kind)
        behind = 0 if before is None or before.state == "done" else work.total - work.first - before.total + before.done
        if behind > AGAIN.get(work.kind, 0):
            found.append(
                f"{work.kind}: {before.done} of {before.total} were done, then it began at {work.first} of {work.total}"
            )
        latest[work.kind] = work
    store.close()
    return found


def differences(wanted: dict[str, Any], found: dict[str, Any]) -> list[str]:
    """Return in words what is not the same."""
    return [f"{name}: {_few(wanted[name], found[name])}" for name in wanted if wanted[name] != found[name]]


def _few(wanted: Any, found: Any) -> str:
    if not hasattr(wanted, "items"):
        return f"{found} instead of {wanted}"
    missing = {each: count for each, count in wanted.items() if found.get(each) != count}
    more = {each: count for each, count in found.items() if wanted.get(each) != count}
    return (
        f"{len(missing)} missing or other, such as {list(missing.items())[:1]}, "
        f"{len(more)} too much or other, such as {list(more.items())[:1]}"
    )
