"""How the portal sends a mail of its own: through the server that alerts go out by."""

import os
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, make_msgid

from alerts.channels import smtp
from alerts.errors import AlertsError

Mail = Callable[[str, str, str], None]
"""Sends (to, subject, plain text), or raises MailFailed. Subjects are fixed sentences of ours."""


class MailFailed(Exception):
    """The mail did not get out; str() is a slug without personal data."""


def mail_from_environment(environ: Mapping[str, str] = os.environ) -> Mail:
    """Return what sends mail through WATCHLIGHT_SMTP_URL; without one, every mail fails with "no-mail-server"."""

    def send(to: str, subject: str, text: str) -> None:
        try:
            server = smtp.channel(environ)
            if server is None:
                raise MailFailed("no-mail-server")
            recipient = smtp.plain_address(to)
            server.deliver(_message(server, to, subject, text), recipient)
        except AlertsError as error:
            # A DeliveryFailed's text is its slug; a wrong setting is named by its kind alone.
            raise MailFailed(getattr(error, "slug", type(error).__name__)) from error

    return send


def _message(server: smtp.SmtpChannel, to: str, subject: str, text: str) -> EmailMessage:
    message = EmailMessage(policy=SMTP)
    message["From"] = server.sender
    message["To"] = smtp.plain_address(to)
    message["Subject"] = subject
    message["Date"] = format_datetime(datetime.now(UTC))
    message["Message-ID"] = make_msgid(domain=server.sender.domain)
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(text, cte="base64")
    return message
