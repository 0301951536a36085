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

ANSWER_LIMIT = 64 * 1024 * 1024
GRACE_S = 1.0
_DEATHS = {signal.SIGPROF: "out-of-time", signal.SIGALRM: "out-of-time", signal.SIGKILL: "out-of-time"}


class JobRefused(Exception):
    """A job that gave no value; `.reason` is a short slug ("truncated", "out-of-time", "crashed", ...)."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"refused: {reason}")
        self.reason = reason


class _ForkServer:
    """The process that forks workers: started by exec, so that it shares nothing with this process."""

    def __init__(self) -> None:
        self.control, theirs = socket.socketpair()
        home = Path(__file__).resolve().parents[1]
        environment = {"PYTHONPATH": str(home), "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "crawler.workbench", str(theirs.fileno())],
            pass_fds=[theirs.fileno()],
            env=environment,
            cwd="/",
            stdin=subprocess.DEVNULL,
        )
        theirs.close()

    def fork(self) -> tuple[int, socket.socket]:
        """Return the process id of a new worker and our end of its channel."""
        ours, theirs = socket.socketpair()
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
            raise JobRefused("workers-gone")
        return int(HEADER.unpack(answer)[0])

    def close(self) -> None:
        """End the server and with it every worker."""
        self.control.close()
        try:
            self.process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


class _Worker:
    def __init__(self, server: _ForkServer) -> None:
        self.pid, self.channel = server.fork()
        self.channel.setblocking(False)

    async def ask(self, message: bytes) -> bytes:
        """Send one request and return the answer; raise EOFError when the worker is gone."""
        loop = asyncio.get_running_loop()
        try:
            await loop.sock_sendall(self.channel, HEADER.pack(len(message)) + message)
            size = HEADER.unpack(await self._exactly(HEADER.size))[0]
            if size > ANSWER_LIMIT:
                raise JobRefused("answer-too-large")
            return await self._exactly(size)
        except OSError as error:
            raise EOFError from error

    async def _exactly(self, size: int) -> bytes:
        loop = asyncio.get_running_loop()
        taken = bytearray()
        while len(taken) < size:
            part = await loop.sock_recv(self.channel, min(size - len(taken), 1 << 20))
            if not part:
                raise EOFError
            taken += part
        return bytes(taken)


class Pool:
    """At most `size` workers, forked when needed, replaced when they die. For one event loop at a time."""

    def __init__(self, size: int = 0) -> None:
        self.size = size or max(1, os.cpu_count() or 1)
        self._server: _ForkServer | None = None
        self._idle: list[_Worker] = []
        self._turn = asyncio.Semaphore(self.size)

    def start(self) -> None:
        """Start the fork server now, so that its imports overlap with ours."""
        if self._server is None:
            self._server = _ForkServer()

    async def call(self, job: str, untrusted: bytes, *, wall_s: float = WALL_S, **options: Any) -> Any:
        """Run one job over `untrusted` and return its JSON value, or raise JobRefused(reason)."""
        head = json.dumps({"job": job, "wall_s": wall_s, "options": options}).encode()
        async with self._turn:
            answer = await self._ask(head + b"\n" + untrusted, wall_s + GRACE_S)
        return _value(answer)

    async def _ask(self, message: bytes, patience_s: float) -> bytes:
        self.start()
        assert self._server is not None
        worker = self._idle.pop() if self._idle else _Worker(self._server)
        alive = False
        try:
            answer = await asyncio.wait_for(worker.ask(message), patience_s)
            alive = True
        except (TimeoutError, EOFError) as error:
            reason = self._bury(worker, kill=isinstance(error, TimeoutError))
            raise JobRefused(reason) from error
        finally:
            if alive:
                self._idle.append(worker)
        return answer

    def _bury(self, worker: _Worker, *, kill: bool) -> str:
        assert self._server is not None
        worker.channel.close()
        ended_by = self._server.end(worker.pid, kill=kill)
        reason = _DEATHS.get(signal.Signals(ended_by), "crashed") if ended_by else "crashed"
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
