"""Jobs that misbehave on purpose, to see the workers' limits hold."""

import ctypes
import os
import time
from pathlib import Path


def size(untrusted: bytes) -> int:
    """Return how many bytes came."""
    return len(untrusted)


def spin(untrusted: bytes) -> None:
    """Burn time for ever."""
    while True:
        pass


def doze(untrusted: bytes) -> None:
    """Sleep for ever."""
    time.sleep(3600)


def hoard(untrusted: bytes) -> int:
    """Take memory for ever."""
    return len([bytearray(10_000_000) for _ in range(1000)])


def crash(untrusted: bytes) -> None:
    """Read where nothing is."""
    ctypes.string_at(0)


def surroundings(untrusted: bytes) -> dict:
    """Return what a worker that was taken over could see and do."""
    try:
        wrote = bool(Path("/tmp/watchlight-worker-wrote-this").write_bytes(b"x"))
    except OSError:
        wrote = False
    return {"environment": list(os.environ), "files": len(list(Path("/proc/self/fd").iterdir())), "wrote": wrote}
