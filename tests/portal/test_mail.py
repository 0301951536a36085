"""The sign-in mail through a real mail server on loopback."""

import socket
from collections.abc import Iterator
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

import pytest
from aiosmtpd.controller import Controller

from portal.web.mail import MailFailed, mail_from_environment


class Mailbox:
    """Keeps every mail; refuses the address of nobody@."""

    def __init__(self) -> None:
        self.mails: list[EmailMessage] = []

    async def handle_RCPT(self, _server: Any, _session: Any, envelope: Any, address: str, _options: Any) -> str:  # noqa: N802 - aiosmtpd's name
        """Take an address or not."""
        if address.startswith("nobody@"):
            return "550 no such mailbox"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802 - aiosmtpd's name
        """Keep a mail."""
        message = message_from_bytes(envelope.content, policy=policy.default)
        assert isinstance(message, EmailMessage)
        self.mails.append(message)
        return "250 OK"


@pytest.fixture
def mailbox() -> Iterator[tuple[Mailbox, dict[str, str]]]:
    """A mail server, and the environment that names it."""
    kept = Mailbox()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = Controller(kept, hostname="127.0.0.1", port=port)
    server.start()
    yield kept, {"WATCHLIGHT_SMTP_URL": f"smtp://127.0.0.1:{port}", "WATCHLIGHT_MAIL_FROM": "hello@w.example"}
    server.stop()


def test_a_mail_arrives_as_plain_text(mailbox: tuple[Mailbox, dict[str, str]]) -> None:
    kept, environ = mailbox
    mail_from_environment(environ)("kim@example.org", "요청하신 링크입니다", "http://127.0.0.1/sign-in/x\n")

    [mail] = kept.mails
    assert (mail["To"], mail["From"], mail["Subject"]) == ("kim@example.org", "hello@w.example", "요청하신 링크입니다")
    assert mail.get_content_type() == "text/plain"
    assert mail.get_content().strip() == "http://127.0.0.1/sign-in/x"


@pytest.mark.parametrize(
    "address", ["x@example.org\nBcc: e@evil.test", "=?utf-8?q?x=0D=0ABcc:_e@evil.test?=@example.org", "a@b c"]
)
def test_an_address_that_would_write_headers_gets_no_mail(
    mailbox: tuple[Mailbox, dict[str, str]], address: str
) -> None:
    kept, environ = mailbox
    with pytest.raises(MailFailed, match="mail-address-unusable"):
        mail_from_environment(environ)(address, "subject", "text")
    assert kept.mails == []


def test_what_went_wrong_is_a_word_without_the_address(mailbox: tuple[Mailbox, dict[str, str]]) -> None:
    _, environ = mailbox
    with pytest.raises(MailFailed) as refused:
        mail_from_environment(environ)("nobody@example.org", "subject", "text")
    assert str(refused.value) == "smtp-recipient-550"

    with pytest.raises(MailFailed, match="no-mail-server"):
        mail_from_environment({})("kim@example.org", "subject", "text")
    with pytest.raises(MailFailed, match="BadMailSettings"):
        mail_from_environment({"WATCHLIGHT_SMTP_URL": "ftp://x"})("kim@example.org", "subject", "text")
