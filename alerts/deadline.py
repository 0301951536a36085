"""An end to waiting: a peer that answers one byte at a time is cut off when the whole time is up."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress


@contextmanager
def cut_off_after(connection: socket.socket, seconds: float) -> Iterator[None]:
    """Shut `connection` down after `seconds` if the block is still busy; its user then gets an OSError.

    A socket's own timeout starts again with every byte, so that a slow peer could hold us for ever.
    """
    timer = threading.Timer(seconds, _shut_down, args=(connection,))
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def _shut_down(connection: socket.socket) -> None:
    with suppress(OSError):  # closed in the meantime: that is all we want
        connection.shutdown(socket.SHUT_RDWR)
