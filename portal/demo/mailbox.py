"""A real mail server on loopback that keeps what it receives in memory, so that the demo can show it."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any

from aiosmtpd.smtp import SMTP, Envelope

from portal.demo.server import ADDRESS


class Mailbox:
    """What arrived, and where to send it: `url` is the value for WATCHLIGHT_SMTP_URL."""

    def __init__(self) -> None:
        """Start empty; `open_mailbox` makes it reachable."""
        self.raw: list[bytes] = []
        self.url = ""

    async def handle_DATA(self, _server: SMTP, _session: Any, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd's name
        """Take a mail."""
        assert isinstance(envelope.content, bytes)
        self.raw.append(envelope.content)
        return "250 Message accepted for delivery"

    @property
    def mails(self) -> list[EmailMessage]:
        """Return the mails as they were received, oldest first."""
        return [
            mail for raw in list(self.raw) if isinstance(mail := message_from_bytes(raw, policy=default), EmailMessage)
        ]


@contextmanager
def open_mailbox() -> Iterator[Mailbox]:
    """Receive mail on a free port of 127.0.0.1 for as long as the block runs."""
    mailbox = Mailbox()
    loop = asyncio.new_event_loop()
    server = loop.run_until_complete(
        loop.create_server(lambda: SMTP(mailbox, hostname="mail.example", loop=loop), ADDRESS, 0)
    )
    mailbox.url = f"smtp://{ADDRESS}:{server.sockets[0].getsockname()[1]}"
    thread = threading.Thread(target=loop.run_forever, daemon=True, name="mailbox")
    thread.start()
    try:
        yield mailbox
    finally:
        loop.call_soon_threadsafe(server.close)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(timeout=5)
        loop.close()


def words_of(mail: EmailMessage) -> str:
    """Return the text of a mail."""
    part = mail.get_body(preferencelist=("plain",))
    return str(part.get_content()).replace("\r\n", "\n") if part is not None else ""
