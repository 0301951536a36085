"""What a security.txt (RFC 9116) says about whom to write to. It is meant for security holes: a second choice."""

import re
from datetime import UTC, datetime

from alerts.notices.saying import EMAIL
from alerts.untrusted import address_line

PATH = "/.well-known/security.txt"
LONGEST = 32 * 1024
CONTACT = re.compile(r"^contact:\s*(\S+)\s*$", re.IGNORECASE | re.MULTILINE)
EXPIRES = re.compile(r"^expires:\s*(\S+)\s*$", re.IGNORECASE | re.MULTILINE)


def contacts(untrusted: bytes, now: datetime) -> list[tuple[str, str]]:
    """Return (kind, value) of each contact, as the file orders them; nothing when it has expired or says no day."""
    text = untrusted[:LONGEST].decode("utf-8", "replace")
    if not _holds(text, now):
        return []
    found = []
    for value in CONTACT.findall(text)[:5]:
        mailbox = value.removeprefix("mailto:").partition("?")[0]
        if value.startswith("mailto:") and EMAIL.fullmatch(mailbox):
            found.append(("email", mailbox))
        elif value.startswith("https://") and (address := address_line(value)):
            found.append(("web_form", address))
    return found


def _holds(text: str, now: datetime) -> bool:
    """RFC 9116 asks for the day: a file without one could be of any age."""
    day = EXPIRES.search(text)
    if day is None:
        return False
    try:
        until = datetime.fromisoformat(day.group(1).replace("z", "Z"))
    except ValueError:
        return False
    return (until if until.tzinfo else until.replace(tzinfo=UTC)) > now
