"""Find and end the browser's processes: a page can hang Chromium so that it no longer obeys its own close()."""

import contextlib
import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

PROC = Path("/proc")


def end_group(mark: str) -> bool:
    """Kill the process group of the browser that was started with `mark` among its arguments; True if there was one.

    Playwright starts Chromium as the leader of a group of its own, so its renderers go with it.
    """
    pids = [pid for pid, command in _commands() if mark in command and "--type=" not in command]
    for pid in pids:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            group = os.getpgid(pid)
            if group != os.getpgrp():
                os.killpg(group, signal.SIGKILL)
    return bool(pids)


def _commands() -> Iterator[tuple[int, str]]:
    if not PROC.is_dir():
        yield from _listed()
        return
    for folder in PROC.iterdir():
        if folder.name.isdecimal():
            with contextlib.suppress(OSError):
                yield (
                    int(folder.name),
                    (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode("utf-8", "replace"),
                )


def _listed() -> Iterator[tuple[int, str]]:
    """Where there is no /proc (macOS): ask ps."""
    answer = subprocess.run(["ps", "-axo", "pid=,command="], capture_output=True, text=True, timeout=10, check=False)
    for line in answer.stdout.splitlines():
        pid, _, command = line.strip().partition(" ")
        if pid.isdecimal():
            yield int(pid), command
