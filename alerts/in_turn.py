"""A lock that is handed over: whoever waits for it has it next, however soon its holder asks again."""

from threading import Lock
from types import TracebackType


class InTurn:
    """A lock for two threads, of which one asks again and again; one thread must not hold it twice.

    A plain lock goes to whoever asks first after it was let go, and that is nearly always the thread that let it go:
    the other one has to be woken before.
    """

    def __init__(self) -> None:
        self._next = Lock()
        self._held = Lock()

    def __enter__(self) -> None:
        """Wait until nobody who came earlier wants it."""
        with self._next:
            self._held.acquire()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        """Let it go."""
        self._held.release()
