"""The inside of a worker: a small fork server and the loop that works on untrusted bytes under hard limits.

Runs as `python -m crawler.workbench CONTROL_FD`, with an empty environment and none of the crawler's files,
sockets or secrets. The server imports the libraries once, then forks a worker whenever the pool asks; it has
one thread, so that a fork is always safe. Limits are left at their default action: the kernel ends a worker
that runs too long, no matter what C code holds the interpreter (EVIDENCE: WebP holds the GIL for seconds).

Wire, both ways: 4 bytes length, then that many bytes. A request is JSON, a newline, the untrusted bytes; the
answer is JSON. Nothing is ever unpickled: a worker that a hostile file took over can only send wrong JSON.
"""

import contextlib
import gc
import importlib
import json
import os
import resource
import signal
import socket
import struct
import sys
from typing import Any

MEMORY_BYTES = (400 + 70) * 1024 * 1024
"""What a worker may write to, 70 MiB of it compiled loops and what holds them, which all workers share."""
CPU_S = 4.0
"""Processor time a job may take. This is what ends bombs; a busy machine does not shorten it."""
WALL_S = 30.0
"""Time on the wall a job may take: only for what sleeps or waits."""
HEADER = struct.Struct("!I")
PRELOAD = ("matchers", "crawler.images.jobs", "crawler.jobs", "crawler.discovery.trails", "crawler.rules")
WARM_UP = ("crawler.places.recognised:readers", "crawler.jobs:warm_up")
"""Run once before the first fork: what libraries load late is paid here, and not by every worker's first job."""

FORK, KILL, REAP = b"f", b"k", b"r"


def receive(channel: socket.socket) -> bytes | None:
    """Return one message, or None when the other side is gone."""
    head = _exactly(channel, HEADER.size)
    return None if head is None else _exactly(channel, HEADER.unpack(head)[0])


def _exactly(channel: socket.socket, size: int) -> bytes | None:
    taken = bytearray()
    while len(taken) < size:
        part = channel.recv(min(size - len(taken), 1 << 20))
        if not part:
            return None
        taken += part
    return bytes(taken)


def send(channel: socket.socket, message: bytes) -> None:
    """Send one message."""
    channel.sendall(HEADER.pack(len(message)) + message)


def work(channel: socket.socket) -> None:
    """Answer jobs until the pool closes the channel or a limit ends this process."""
    _limit_process()
    while (message := receive(channel)) is not None:
        head, _, untrusted = message.partition(b"\n")
        send(channel, json.dumps(_answer(json.loads(head), untrusted)).encode())
        del message, untrusted


def _limit_process() -> None:
    """Give this process no more than the work needs: memory, no core file, nothing written, few files."""
    resource.setrlimit(resource.RLIMIT_DATA, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_NOFILE, (32, 32))
    for number in (signal.SIGPROF, signal.SIGALRM, signal.SIGTERM):
        signal.signal(number, signal.SIG_DFL)
    # Ctrl-C in a terminal reaches the whole group; the crawler decides when its workers go.
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _answer(job: dict[str, Any], untrusted: bytes) -> dict[str, Any]:
    module, _, name = str(job["job"]).partition(":")
    signal.setitimer(signal.ITIMER_PROF, float(job.get("cpu_s", CPU_S)))
    signal.setitimer(signal.ITIMER_REAL, float(job.get("wall_s", WALL_S)))
    try:
        function = getattr(importlib.import_module(module), name)
        return {"value": function(untrusted, **job["options"])}
    except MemoryError:
        return {"refused": "out-of-memory"}
    except Exception as error:  # noqa: BLE001 - the one border where hostile bytes may raise anything at all
        return {"refused": str(getattr(error, "reason", "") or "broken"), "error": type(error).__name__}
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.setitimer(signal.ITIMER_REAL, 0)


def serve(control: socket.socket) -> None:
    """Fork, kill and reap workers as the pool asks; when the pool's process is gone, end them all."""
    children: set[int] = set()
    with contextlib.suppress(ConnectionError):  # the pool's process was killed while it waited for an answer
        _serve(control, children)
    for pid in children:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    for pid in children:
        # So that whoever waits for this process knows what all of it used.
        os.waitpid(pid, 0)


def _serve(control: socket.socket, children: set[int]) -> None:
    while True:
        message, descriptors, _, _ = socket.recv_fds(control, 5, 1)
        if not message:
            return
        order, number = message[:1], HEADER.unpack(message[1:])[0]
        if order == FORK:
            pid = _fork(control, socket.socket(fileno=descriptors[0]))
            children.add(pid)
            control.sendall(HEADER.pack(pid))
        elif number in children:
            if order == KILL:
                os.kill(number, signal.SIGKILL)
            status = os.waitpid(number, 0)[1]
            children.discard(number)
            control.sendall(HEADER.pack(os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0))
        else:
            control.sendall(HEADER.pack(0))


def _fork(control: socket.socket, channel: socket.socket) -> int:
    pid = os.fork()
    if pid:
        channel.close()
        return pid
    control.close()
    try:
        work(channel)
    finally:
        os._exit(0)


def main() -> None:
    """Import what the jobs need, then serve the control socket whose number is the first argument."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    control = socket.socket(fileno=int(sys.argv[1]))
    for name in PRELOAD:
        importlib.import_module(name)
    for name in WARM_UP:
        module, _, function = name.partition(":")
        getattr(importlib.import_module(module), function)()
    gc.freeze()
    serve(control)


if __name__ == "__main__":
    main()
