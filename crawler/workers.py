"""Killable worker processes for everything that touches untrusted bytes: picture decoding and HTML parsing.

    pool = Pool(size=2)
    value = await pool.call("crawler.jobs:fingerprint_picture", untrusted)   # or raise JobRefused(reason)

A job is a plain function named "module:function"; crawler.workbench holds its limits. A worker that breaks
one is ended by the kernel and replaced; its job is refused by name, and the crawl goes on.
"""

import asyncio
import atexit
import json
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

from crawler import metrics
from crawler.workbench import FORK, HEADER, KILL, REAP, WALL_S
from matchers.home import machine_code

ANSWER_LIMIT = 64 * 1024 * 1024
PIECE = 64 * 1024
GRACE_S = 1.0
TRANSIENT = frozenset({"out-of-time", "out-of-memory", "crashed", "workers-gone", "answer-too-large"})
"""Reasons that say as much about the machine as about the bytes: not remembered about a picture."""
TRIES = 3
"""How often a job is given to a new worker when the last one was ended by somebody else: kill -9, a full machine."""
RESTART_S = 0.1
_DEADLINES = (signal.SIGPROF, signal.SIGALRM)


class JobRefused(Exception):
    """A job that gave no value; `.reason` is a short slug ("truncated", "out-of-time", "crashed", ...)."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"refused: {reason}")
        self.reason = reason


class _Lost(Exception):
    """The worker, or the server that forks them, was ended by no limit of ours: that says nothing about the bytes."""


class _ForkServer:
    """The process that forks workers: started by exec, so that it shares nothing with this process."""

    def __init__(self) -> None:
        self.control, theirs = socket.socketpair()
        home = Path(__file__).resolve().parents[1]
        environment = {
            "PYTHONPATH": str(home),
            "PYTHONDONTWRITEBYTECODE": "1",
            "OPENBLAS_NUM_THREADS": "1",
            "OMP_NUM_THREADS": "1",
        }
        if kept := machine_code():
            environment["NUMBA_CACHE_DIR"] = str(kept.absolute())
        self.process = subprocess.Popen(
            [sys.executable, "-m", "crawler.workbench", str(theirs.fileno())],
            pass_fds=[theirs.fileno()],
            env=environment,
            cwd="/",
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,  # ours may be a pipe, and whoever reads it would wait for this process as well
        )
        theirs.close()

    def fork(self) -> tuple[int, socket.socket]:
        """Return the process id of a new worker and our end of its channel."""
        ours, theirs = socket.socketpair()
        for end in (ours, theirs):
            # A picture goes in one piece where the kernel allows it: each further piece wakes both sides.
            end.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 20)
        try:
            socket.send_fds(self.control, [FORK + HEADER.pack(0)], [theirs.fileno()])
            return self._number(), ours
        finally:
            theirs.close()

    def end(self, pid: int, *, kill: bool) -> int:
        """Wait for a worker to end (kill it first, if asked); return the signal that ended it, or 0."""
        self.control.sendall((KILL if kill else REAP) + HEADER.pack(pid))
        return self._number()

    def _number(self) -> int:
        answer = self.control.recv(HEADER.size)
        if len(answer) < HEADER.size:
            raise EOFError
        return int(HEADER.unpack(answer)[0])

    @property
    def gone(self) -> bool:
        """Whether the process ended: everything it forked is told so by a closed channel, or has to be left."""
        return self.process.poll() is not None

    def close(self) -> None:
        """End the server and with it every worker."""
        self.control.close()
        try:
            self.process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


class _Worker:
    def __init__(self, server: _ForkServer, pid: int, channel: socket.socket) -> None:
        self.server, self.pid, self.channel = server, pid, channel
        self.channel.setblocking(False)

    async def ask(self, message: bytes) -> bytes:
        """Send one request and return the answer; raise EOFError when the worker is gone."""
        loop = asyncio.get_running_loop()
        try:
            await loop.sock_sendall(self.channel, HEADER.pack(len(message)) + message)
            taken = bytearray()
            await self._until(taken, HEADER.size)
            size = HEADER.unpack_from(taken)[0]
            if size > ANSWER_LIMIT:
                raise JobRefused("answer-too-large")
            await self._until(taken, HEADER.size + size)
        except OSError as error:
            raise EOFError from error
        if len(taken) > HEADER.size + size:
            raise EOFError  # it said more than was asked: nothing of it is to be trusted
        return bytes(taken[HEADER.size :])

    async def _until(self, taken: bytearray, size: int) -> None:
        """Receive until so many bytes are there; most answers come in one piece with their head."""
        loop = asyncio.get_running_loop()
        while len(taken) < size:
            part = await loop.sock_recv(self.channel, max(PIECE, min(size - len(taken), 1 << 20)))
            if not part:
                raise EOFError
            taken += part


class Pool:
    """At most `size` workers, forked when needed, replaced when they die. For one event loop at a time."""

    def __init__(self, size: int = 0) -> None:
        self.size = size or max(1, os.cpu_count() or 1)
        self._server: _ForkServer | None = None
        self._idle: list[_Worker] = []
        self._turn = asyncio.Semaphore(self.size)
        self._control = asyncio.Lock()

    def start(self) -> _ForkServer:
        """Start the fork server now, so that its imports overlap with ours; a new one where the last was killed."""
        if self._server is not None and self._server.gone:
            self.close()
        if self._server is None:
            self._server = _ForkServer()
        return self._server

    async def call(self, job: str, untrusted: bytes, *, wall_s: float = WALL_S, **options: Any) -> Any:
        """Run one job over `untrusted` and return its JSON value, or raise JobRefused(reason)."""
        head = json.dumps({"job": job, "wall_s": wall_s, "options": options}).encode()
        async with self._turn:
            for tried in range(TRIES):
                try:
                    return _value(await self._ask(head + b"\n" + untrusted, wall_s + GRACE_S))
                except _Lost:
                    metrics.workers_ended.labels(reason="killed").inc()
                    await asyncio.sleep(RESTART_S * tried)
        raise JobRefused("crashed")

    async def _ask(self, message: bytes, patience_s: float) -> bytes:
        server = self.start()
        worker = self._idle.pop() if self._idle else await self._new_worker(server)
        alive = False
        try:
            async with asyncio.timeout(patience_s):
                answer = await worker.ask(message)
            alive = True
        except (TimeoutError, EOFError) as error:
            raise JobRefused(await self._bury(worker, kill=isinstance(error, TimeoutError))) from error
        finally:
            if alive:
                self._idle.append(worker)
            else:
                # Also when the caller was cancelled: a closed channel ends the worker.
                worker.channel.close()
        return answer

    async def _new_worker(self, server: _ForkServer) -> _Worker:
        # In a thread: the first answer comes only when the server has imported its libraries.
        async with self._control:
            try:
                return _Worker(server, *await asyncio.to_thread(server.fork))
            except (OSError, EOFError) as error:
                raise _Lost from error

    async def _bury(self, worker: _Worker, *, kill: bool) -> str:
        """End a worker for good and return why its job has no value; raise _Lost when that was nobody's fault here."""
        worker.channel.close()
        async with self._control:
            try:
                ended_by = await asyncio.to_thread(worker.server.end, worker.pid, kill=kill)
            except (OSError, EOFError) as error:
                raise _Lost from error
        if ended_by == signal.SIGKILL and not kill:
            raise _Lost
        reason = "out-of-time" if kill or ended_by in _DEADLINES else "crashed"
        metrics.workers_ended.labels(reason=reason).inc()
        return reason

    def close(self) -> None:
        """End all workers and their server."""
        for worker in self._idle:
            worker.channel.close()
        self._idle.clear()
        if self._server is not None:
            self._server.close()
            self._server = None


def _value(answer: bytes) -> Any:
    try:
        told = json.loads(answer)
    except ValueError as error:
        raise JobRefused("crashed") from error
    if "value" not in told:
        raise JobRefused(str(told.get("refused", "broken"))[:40])
    return told["value"]


_shared: Pool | None = None


def shared_pool() -> Pool:
    """Return the one pool of this process, started on first use and ended with the process."""
    global _shared
    if _shared is None:
        _shared = Pool()
        _shared.start()
        atexit.register(_shared.close)
    return _shared
