"""A letter as a mail draft (.eml): it opens in a mail program, unsent; a person reads it, adds the sender, sends it."""

from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

from alerts.contacts import Desk
from alerts.notices.saying import EMAIL
from alerts.untrusted import one_line


def eml(
    subject: str, body: str, language: str, desk: Desk, reply_to: str | None, at: datetime, report: bytes | None = None
) -> bytes:
    """Return the draft. It names no sender: the person's own mail program does.

    `To` is filled when the desk has a mail address we know; `reply_to` is the case's relay address. `report` is
    the machine-readable report, attached as JSON for desks that can read it.
    """
    message = EmailMessage(policy=SMTP)
    message["X-Unsent"] = "1"
    message["Subject"] = header_text(subject)
    message["Date"] = format_datetime(at)
    address = mail_door(desk)
    if address:
        message["To"] = _address(address)
    if reply_to and EMAIL.fullmatch(reply_to):
        message["Reply-To"] = _address(reply_to)
    message.set_content(body, cte="base64")
    if report is not None:
        message.add_attachment(report, maintype="application", subtype="json", filename="xarf.json")
    else:
        message["Content-Language"] = language  # after the content, which would remove it
    return message.as_bytes()


def mail_door(desk: Desk) -> str | None:
    """Return the desk's first mail address, None when it has only forms or menus."""
    doors = (door.value for door in desk.doors if door.kind == "email")
    return next((value for value in doors if EMAIL.fullmatch(value)), None)


def header_text(untrusted: str) -> str:
    """Return one line that no mail program decodes into something else.

    Python 3.11 and 3.12 decode "=?utf-8?q?x=0D=0ABcc:...?=" in a header they are given, and a header grows out
    of it; taken apart, it is only text.
    """
    return one_line(untrusted, 300).replace("=?", "= ?")


def _address(checked: str) -> Address:
    name, _, domain = checked.rpartition("@")
    return Address(username=name, domain=domain)
