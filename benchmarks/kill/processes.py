"""The processes of one crawler: its workers, the server that forks them, its browser. Found by walking /proc."""

import contextlib
import os
import signal
from pathlib import Path

PROC = Path("/proc")


def descendants(root: int) -> dict[int, str]:
    """Return every process below `root` that lives, with its command line."""
    parents: dict[int, list[int]] = {}
    for folder in PROC.iterdir():
        if folder.name.isdecimal():
            with contextlib.suppress(OSError):
                fields = (folder / "stat").read_text().rpartition(")")[2].split()
                if fields[0] != "Z":
                    parents.setdefault(int(fields[1]), []).append(int(folder.name))
    found: dict[int, str] = {}
    waiting = list(parents.get(root, []))
    while waiting:
        pid = waiting.pop()
        found[pid] = _command(pid)
        waiting += parents.get(pid, [])
    return found


def _command(pid: int) -> str:
    try:
        return (PROC / str(pid) / "cmdline").read_bytes().replace(b"\0", b" ").decode("utf-8", "replace")
    except OSError:
        return ""


def victims(crawler: int, kind: str) -> list[int]:
    """Return the processes of this kind: "crawler", "worker", "fork server" or "browser"."""
    if kind == "crawler":
        return [crawler]
    below = descendants(crawler)
    if kind == "browser":
        return [
            pid for pid, command in below.items() if "--watchlight-browser=" in command and "--type=" not in command
        ]
    benches = [pid for pid, command in below.items() if "crawler.workbench" in command]
    workers = {pid for bench in benches for pid in descendants(bench)}
    return [pid for pid in benches if (pid in workers) == (kind == "worker")]


def kill(pid: int) -> bool:
    """Send SIGKILL; return whether there was such a process."""
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return False
    return True


def left_behind(mark: str) -> int:
    """Return how many living processes have `mark` in their command line."""
    pids = [int(folder.name) for folder in PROC.iterdir() if folder.name.isdecimal()]
    return sum(mark in _command(pid) for pid in pids)
