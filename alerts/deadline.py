"""An end to waiting: a peer that answers one byte at a time is cut off when the whole time is up."""

import os
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress


@contextmanager
def cut_off_after(connection: socket.socket, seconds: float) -> Iterator[None]:
    """Shut `connection` down after `seconds` if the block is still busy; its user then gets an OSError.

    A socket's own timeout starts again with every byte, so that a slow peer could hold us for ever. What is
    shut down is a second handle on the connection: TLS takes the first one away from its socket object.
    """
    handle = socket.socket(fileno=os.dup(connection.fileno()))
    timer = threading.Timer(seconds, _shut_down, args=(handle,))
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        timer.join()
        handle.close()


def _shut_down(handle: socket.socket) -> None:
    with suppress(OSError):  # the other side hung up first: that is all we want
        handle.shutdown(socket.SHUT_RDWR)
