"""Who holds a lease or a range of the log: this process, and whether another holder is still alive.

A lease names its holder so that work of a killed crawler is taken up at once on the same machine; leases held on
another machine simply run out.
"""

import os
import socket
from functools import cache
from pathlib import Path


@cache
def _machine() -> str:
    boot = Path("/proc/sys/kernel/random/boot_id")
    space = Path("/proc/self/ns/pid")
    # Containers share the kernel's boot id: a process id means nothing outside its own pid namespace.
    inside = str(space.readlink()) if space.is_symlink() else ""
    return f"{socket.gethostname()[:60]}/{boot.read_text().strip() if boot.exists() else ''}/{inside}"


def _started(pid: int) -> str | None:
    """Return when process `pid` started, as the kernel counts; None when there is no such process."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    return None if fields[0] == "Z" else fields[19]


def this_process() -> str:
    """Return the name of this process as a holder of leases."""
    return f"{_machine()}/{os.getpid()}/{_started(os.getpid()) or 0}"


def is_gone(owner: str) -> bool:
    """Return whether `owner` certainly ended; False when it lives or cannot be known from here."""
    machine, pid, started = owner.rsplit("/", 2)
    if machine != _machine() or not Path("/proc/self/stat").exists():
        return False
    return _started(int(pid)) != started


def is_here(owner: str) -> bool:
    """Return whether `owner` ran on this machine, so that `is_gone` knows of its end."""
    return owner.rsplit("/", 2)[0] == _machine() and Path("/proc/self/stat").exists()
