"""Alerts by mail through the operator's mail server: verified TLS, limits on time, plain words."""

import re
import smtplib
import ssl
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from email.headerregistry import Address
from email.message import EmailMessage
from urllib.parse import unquote, urlsplit

from alerts.deadline import cut_off_after
from alerts.errors import AlertsError, DeliveryFailed
from alerts.message import Outgoing, body, mail
from alerts.notices.facts import facts

CONNECT_S = 15.0  # for each answer of the server
WHOLE_S = 60.0  # for the whole conversation
# An address that can stand in a header without being read as anything else: no encoded word (=?..?=), no
# quoting, no route. Python 3.11 turns line breaks hidden in an encoded word into new header lines.
PLAIN_ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/^_`{|}~-]{1,64}@[A-Za-z0-9]([A-Za-z0-9.-]{0,252}[A-Za-z0-9])?")
LOOPBACK = {"127.0.0.1", "::1", "localhost"}
DEFAULT_PORTS = {"smtp": 25, "smtp+starttls": 587, "smtps": 465}


class BadMailSettings(AlertsError):
    """The mail settings cannot be right; the sentence names the setting."""


@dataclass(frozen=True)
class MailServer:
    """Where mail goes out: `scheme` is smtp (no TLS), smtp+starttls or smtps."""

    scheme: str
    host: str
    port: int
    user: str | None = None
    password: str | None = None


@dataclass(frozen=True)
class SmtpChannel:
    """Alerts as mail from one sender through one server."""

    server: MailServer
    sender: Address
    whole_s: float = WHOLE_S
    name: str = "smtp"

    def send(self, outgoing: Outgoing) -> None:
        """Hand one mail over; raises DeliveryFailed, final when the server refused it for good."""
        recipient = plain_address(outgoing.reader.email)
        text = body(outgoing, facts(datetime.now(UTC).date()))
        self.deliver(mail(outgoing, self.sender, recipient, text), recipient)

    def deliver(self, message: EmailMessage, recipient: Address) -> None:
        """Hand over a mail that is written already; raises DeliveryFailed like `send`."""
        try:
            connection = self._connect()
        except (smtplib.SMTPException, OSError) as error:
            raise DeliveryFailed(_slug(error)) from error
        try:
            assert connection.sock is not None
            with cut_off_after(connection.sock, self.whole_s):
                self._hand_over(connection, recipient.addr_spec, message.as_bytes())
        finally:
            connection.close()

    def _connect(self) -> smtplib.SMTP:
        if self.server.scheme == "smtps":
            context = ssl.create_default_context()
            return smtplib.SMTP_SSL(self.server.host, self.server.port, timeout=CONNECT_S, context=context)
        return smtplib.SMTP(self.server.host, self.server.port, timeout=CONNECT_S)

    def _hand_over(self, connection: smtplib.SMTP, recipient: str, message: bytes) -> None:
        """Once the server has taken the mail, nothing that happens afterwards makes it undelivered."""
        try:
            if self.server.scheme == "smtp+starttls":
                connection.starttls(context=ssl.create_default_context())
            if self.server.user is not None:
                connection.login(self.server.user, self.server.password or "")
            connection.sendmail(self.sender.addr_spec, [recipient], message)
        except (smtplib.SMTPException, OSError) as error:
            raise DeliveryFailed(_slug(error), final=_is_final(error)) from error
        with suppress(smtplib.SMTPException, OSError):
            connection.quit()


def channel(environ: Mapping[str, str]) -> SmtpChannel | None:
    """Return the mail channel of WATCHLIGHT_SMTP_URL and WATCHLIGHT_MAIL_FROM, or None without a server."""
    url = environ.get("WATCHLIGHT_SMTP_URL")
    if not url:
        return None
    server = mail_server(url)
    sender = environ.get("WATCHLIGHT_MAIL_FROM", "")
    if not PLAIN_ADDRESS.fullmatch(sender):
        raise BadMailSettings("WATCHLIGHT_MAIL_FROM must be the bare mail address that alerts come from.")
    return SmtpChannel(server, Address(addr_spec=sender))


def mail_server(url: str) -> MailServer:
    """Return the server that `url` names; a password never travels in the clear beyond loopback."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise BadMailSettings("WATCHLIGHT_SMTP_URL cannot be read: write it like smtps://host:465.") from error
    if parts.scheme not in DEFAULT_PORTS or not parts.hostname:
        raise BadMailSettings(
            "WATCHLIGHT_SMTP_URL must be smtp://, smtp+starttls:// or smtps:// with a host, such as smtps://host:465."
        )
    if parts.scheme == "smtp" and parts.username and parts.hostname not in LOOPBACK:
        raise BadMailSettings("WATCHLIGHT_SMTP_URL sends a password in the clear: use smtp+starttls:// or smtps://.")
    return MailServer(
        scheme=parts.scheme,
        host=parts.hostname,
        port=port or DEFAULT_PORTS[parts.scheme],
        user=unquote(parts.username) if parts.username else None,
        password=unquote(parts.password) if parts.password else None,
    )


def plain_address(untrusted: str | None) -> Address:
    """Return an address that can stand in a header, or raise DeliveryFailed, which is final."""
    if untrusted is None or not PLAIN_ADDRESS.fullmatch(untrusted):
        raise DeliveryFailed("mail-address-unusable", final=True)
    try:
        return Address(addr_spec=untrusted)
    except ValueError as error:
        raise DeliveryFailed("mail-address-unusable", final=True) from error


def _is_final(error: Exception) -> bool:
    """Only a refusal of this recipient or these words is final; refusing us as a sender is ours to repair."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return all(code >= 500 for code, _ in error.recipients.values())
    return isinstance(error, smtplib.SMTPDataError) and error.smtp_code >= 500


def _slug(error: Exception) -> str:
    """Return what went wrong without a word of the server's: its words may hold the person's address."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return f"smtp-recipient-{max(code for code, _ in error.recipients.values())}"
    if isinstance(error, smtplib.SMTPResponseException):
        return f"smtp-{error.smtp_code}"
    if isinstance(error, ssl.SSLError):
        return "smtp-tls"
    if isinstance(error, TimeoutError):
        return "smtp-slow"
    return "smtp-not-supported" if isinstance(error, smtplib.SMTPNotSupportedError) else "smtp-connection"
