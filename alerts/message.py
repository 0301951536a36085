"""The words of an alert: calm, a count, the person's own phrase, and nothing more for a stranger to read.

No picture, no address of a sighting, no word found on a page, no name of this service, no link to press.
"""

from dataclasses import dataclass
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from uuid import UUID

from alerts.notices.facts import Facts
from alerts.untrusted import one_line

SUBJECTS = {"ko": "새 알림이 있습니다", "en": "You have an update"}
GREETINGS = {
    "ko": (
        "안녕하세요.\n\n등록하신 서비스에 확인이 필요한 새 소식이 {count}건 있습니다.\n"
        "안전한 곳에서, 원하실 때 열어 보세요. 지금 보지 않아도 괜찮습니다."
    ),
    "en": (
        "Hello,\n\nthere is something new to check in your account: {count}.\n"
        "Please look somewhere safe, when you are ready. It can wait."
    ),
}
PHRASES = {
    "ko": "직접 정하신 문구: {phrase}\n이 문구가 없거나 다르면 저희가 보낸 메일이 아닙니다.",
    "en": "The phrase you chose: {phrase}\nA message without it, or with another one, is not from us.",
}
NO_LINKS = {
    "ko": "이 메일에는 누를 링크가 없습니다. 평소에 여시던 방법으로 직접 접속해 주세요.",
    "en": "There is no link to press in this message. Please open your account the way you always do.",
}
HELP = {
    "ko": "누군가와 이야기하고 싶으시면:",
    "en": "If you would like to talk to someone:",
}
HELP_ANYWHERE = {
    "ko": "- 믿을 수 있는 사람, 위험할 때는 계신 나라의 긴급전화",
    "en": "- someone you trust; in danger, the emergency number of your country",
}
STOP = {
    "ko": "알림을 그만 받으시려면 접속해서 언제든지 끄시거나 동의를 거두시면 됩니다.",
    "en": "To stop these messages, switch them off or withdraw your consent in your account, at any time.",
}


@dataclass(frozen=True)
class Reader:
    """Who is told, and how they want it: nothing else of a person reaches a channel."""

    email: str | None
    language: str
    country: str
    phrase: str | None
    webhook_url: str | None = None
    webhook_secret: str | None = None


@dataclass(frozen=True)
class Outgoing:
    """One alert on its way through one channel. `delivery` stays the same however often it is tried."""

    delivery: UUID
    alert: UUID
    created_at: datetime
    count: int
    reader: Reader


def subject(outgoing: Outgoing) -> str:
    """Return the subject line: one fixed sentence for everybody."""
    return SUBJECTS[_language(outgoing)]


def body(outgoing: Outgoing, known: Facts) -> str:
    """Return the words of the message, as plain text."""
    language = _language(outgoing)
    parts = [GREETINGS[language].format(count=outgoing.count)]
    if outgoing.reader.phrase:
        parts.append(PHRASES[language].format(phrase=one_line(outgoing.reader.phrase)))
    parts += [NO_LINKS[language], _help(outgoing.reader.country, language, known), STOP[language]]
    return "\n\n".join(parts) + "\n"


def mail(outgoing: Outgoing, sender: Address, recipient: Address, known: Facts) -> EmailMessage:
    """Return the message as a mail. Its Message-ID is the delivery's: whoever gets it twice sees it once."""
    message = EmailMessage(policy=SMTP)
    message["From"] = sender
    message["To"] = recipient
    message["Subject"] = subject(outgoing)
    message["Date"] = format_datetime(outgoing.created_at)
    message["Message-ID"] = f"<{outgoing.delivery}@{sender.domain}>"
    message["Auto-Submitted"] = "auto-generated"
    message["Content-Language"] = _language(outgoing)
    message.set_content(body(outgoing, known), cte="base64")
    return message


def _help(country: str, language: str, known: Facts) -> str:
    """The helplines of the person's country, under names that do not tell a stranger what this is about."""
    lines = [f"- {line['words'][language]}" for line in known.hotlines(country) if line["in_alert"]]
    return "\n".join([HELP[language], *(lines or [HELP_ANYWHERE[language]])])


def _language(outgoing: Outgoing) -> str:
    return outgoing.reader.language if outgoing.reader.language in SUBJECTS else "en"
