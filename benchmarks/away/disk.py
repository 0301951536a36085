"""A small disk in memory that can be filled to the last byte; only this program and its children see it."""

import ctypes
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

NEW_MOUNTS = 0x00020000
PIECE = 1 << 20


class NoDisk(Exception):
    """This machine does not let us mount one; the sentence says what was asked for."""


def apart() -> None:
    """Give this process mounts of its own. Raises NoDisk where that is not allowed (it takes root)."""
    if ctypes.CDLL(None, use_errno=True).unshare(NEW_MOUNTS) != 0:
        raise NoDisk(f"A disk of our own takes root: {os.strerror(ctypes.get_errno())}.")
    subprocess.run(["mount", "--make-rprivate", "/"], check=True)


class SmallDisk:
    """A file system of `megabytes` at `folder`; gone with the process."""

    def __init__(self, folder: Path, megabytes: int) -> None:
        self.folder = folder
        folder.mkdir(mode=0o755, parents=True)
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={megabytes}m,mode=755", "tmpfs", str(folder)], check=True)
        self._filler = folder / "filler"

    def fill(self) -> None:
        """Leave not one byte."""
        with self._filler.open("ab", buffering=0) as file:
            for piece in (PIECE, 4096, 1):
                try:
                    while file.write(bytes(piece)):
                        pass
                except OSError:
                    continue

    def full_for(self, seconds: float) -> None:
        """Fill it, keep it full whatever is given back meanwhile, then make room."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self.fill()
            time.sleep(0.2)
        free = shutil.disk_usage(self.folder).free
        self._filler.unlink()
        print(f"  the disk was full ({free} bytes free) for {seconds:.0f} s", file=sys.stderr, flush=True)

    def end(self) -> None:
        """Take it away."""
        subprocess.run(["umount", "--lazy", str(self.folder)], check=False)
