"""A mail server and a webhook on loopback that misbehave by a seeded dice, and remember what they accepted."""

import asyncio
import random
import socket
import threading
from collections import Counter
from dataclasses import dataclass, field
from email import message_from_bytes
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

FAULTS = ("take",) * 10 + ("busy", "error", "drop-before", "drop-after", "slow")


@dataclass
class Peers:
    """What both servers accepted, by the id of the delivery, and where their answer was dropped on purpose."""

    seed: int
    accepted: Counter[str] = field(default_factory=Counter)
    answer_lost: set[str] = field(default_factory=set)
    faults: Counter[str] = field(default_factory=Counter)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        self.dice = random.Random(self.seed)

    def mood(self) -> str:
        """Return how the next request is treated."""
        with self.lock:
            mood = self.dice.choice(FAULTS)
            self.faults[mood] += 1
            return mood

    def take(self, delivery: str, mood: str) -> None:
        """Note that a delivery was accepted, and whether the sender will learn of it."""
        with self.lock:
            self.accepted[delivery] += 1
            if mood == "drop-after":
                self.answer_lost.add(delivery)


class Mail:
    """The handler of the mail server."""

    def __init__(self, peers: Peers) -> None:
        self.peers = peers

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd's name
        """Accept, refuse for now, or drop the line before or after accepting."""
        mood = self.peers.mood()
        if mood == "slow":
            await asyncio.sleep(0.3)
        if mood in ("busy", "error"):
            return "451 busy" if mood == "busy" else "421 going down"
        if mood == "drop-before":
            server.transport.abort()
            return "421 bye"
        name = message_from_bytes(bytes(envelope.content or b""))["Message-ID"]
        self.peers.take(name.strip("<>").partition("@")[0], mood)
        if mood == "drop-after":
            server.transport.abort()
        return "250 taken"


def hook_server(peers: Peers) -> ThreadingHTTPServer:
    """Return a webhook that treats each request by the same dice."""

    class Hook(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            mood = peers.mood()
            if mood in ("busy", "error"):
                self._answer(429 if mood == "busy" else 500)
                return
            if mood != "drop-before":
                peers.take(self.headers["Webhook-Id"], mood)
            if mood in ("drop-before", "drop-after"):
                self.connection.shutdown(socket.SHUT_RDWR)
                self.close_connection = True
                return
            self._answer(204)

        def _answer(self, status: int) -> None:
            self.send_response(status)
            self.send_header("Content-Length", "0")
            if status == 429:
                self.send_header("Retry-After", "30")
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Hook)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


def mail_server(peers: Peers) -> Controller:
    """Return a running mail server."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    controller = Controller(Mail(peers), hostname="127.0.0.1", port=port)
    controller.start()
    return controller
