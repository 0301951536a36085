"""The words of an alert: calm, no more than its reader asked for, their own phrase, nothing for a stranger to use.

No picture, no address of a sighting, no word found on a page, no name of this service, no link to press.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from uuid import UUID

from alerts.allclear import AllClear
from alerts.allclear_words import REPORT_SUBJECTS, in_words, short
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
NEWS_ONLY = {
    "ko": (
        "안녕하세요.\n\n등록하신 서비스에 확인이 필요한 새 소식이 있습니다.\n"
        "안전한 곳에서, 원하실 때 열어 보세요. 지금 보지 않아도 괜찮습니다."
    ),
    "en": (
        "Hello,\n\nthere is something new to check in your account.\n"
        "Please look somewhere safe, when you are ready. It can wait."
    ),
}
FOR_SUPPORTER = {
    "ko": (
        "안녕하세요.\n\n당신을 믿는 분이, 새 소식이 생기면 당신에게 먼저 알려 달라고 부탁했습니다. "
        "새 소식이 있습니다.\n"
        "서두르지 않으셔도 됩니다. 그분에게 편할 때 연락해서, 함께 계정을 열어 봐도 될지 물어봐 주세요."
    ),
    "en": (
        "Hello,\n\nsomebody who trusts you asked us to tell you first when there is news for them. There is.\n"
        "There is no rush. Please get in touch with them when it suits both of you, and ask whether to look together."
    ),
}
KINDS = {
    "whole": {"ko": "전체와 같음", "en": "the same as a whole"},
    "flipped": {"ko": "전체와 같음, 좌우 또는 상하 반전", "en": "the same as a whole, mirrored"},
    "rotated": {"ko": "전체와 같음, 회전", "en": "the same as a whole, turned"},
    "cropped": {"ko": "일부가 같음", "en": "a part is the same"},
    "region": {"ko": "일부가 같음", "en": "a part is the same"},
    "composite": {"ko": "일부가 다른 것에 합쳐짐", "en": "a part is in something else"},
}
PLACES = {"ko": "모두 {pages}곳에서", "en": "in {pages} places in all"}
SUPPORTER_PHRASES = {
    "ko": "두 분이 정하신 문구: {phrase}\n이 문구가 없거나 다르면 저희가 보낸 메일이 아닙니다.",
    "en": "The words you two agreed on: {phrase}\nA message without them, or with others, is not from us.",
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
SUPPORTER_STOP = {
    "ko": "누구인지 모르시거나 더 받고 싶지 않으시면 이 메일을 무시하시고, 그분에게 말씀해 주세요.",
    "en": "If you do not know whom this is about, or want no more of these, ignore it and tell them.",
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
    apprise_url: str | None = None
    supporter_email: str | None = None
    supporter_phrase: str | None = None
    detail: str = "counts"


@dataclass(frozen=True)
class Outgoing:
    """One alert on its way through one channel. `delivery` stays the same however often it is tried.

    `count`: how many things are new; one picture on many pages is one. `pages`: on how many, and `kinds` of them how
    many of which kind of likeness. `report`: what an all-clear tells; None for news.
    """

    delivery: UUID
    alert: UUID
    created_at: datetime
    count: int
    reader: Reader
    pages: int = 0
    kinds: Mapping[str, int] = field(default_factory=dict)
    report: AllClear | None = None


def subject(outgoing: Outgoing) -> str:
    """Return the subject line: one fixed sentence for everybody, another for a regular report."""
    return (SUBJECTS if outgoing.report is None else REPORT_SUBJECTS)[_language(outgoing)]


def body(outgoing: Outgoing, known: Facts) -> str:
    """Return the words of the message, as plain text."""
    language, reader = _language(outgoing), outgoing.reader
    parts = _report(outgoing.report, language, reader) if outgoing.report else [_news(outgoing, language)]
    if reader.phrase:
        parts.append(PHRASES[language].format(phrase=one_line(reader.phrase)))
    parts += [NO_LINKS[language], _help(reader.country, language, known), STOP[language]]
    return "\n\n".join(parts) + "\n"


def supporter_body(outgoing: Outgoing, known: Facts) -> str:
    """Return the words for the supporter: that there is news, in the words the two agreed on, and nothing of it."""
    language, reader = _language(outgoing), outgoing.reader
    parts = [FOR_SUPPORTER[language]]
    if reader.supporter_phrase:
        parts.append(SUPPORTER_PHRASES[language].format(phrase=one_line(reader.supporter_phrase)))
    parts += [_help(reader.country, language, known), SUPPORTER_STOP[language]]
    return "\n\n".join(parts) + "\n"


def _news(outgoing: Outgoing, language: str) -> str:
    if outgoing.reader.detail == "news":
        return NEWS_ONLY[language]
    lines = [GREETINGS[language].format(count=outgoing.count)]
    if outgoing.reader.detail == "kinds":
        lines += ["", *(f"- {KINDS[kind][language]}: {n}" for kind, n in outgoing.kinds.items() if kind in KINDS)]
        lines.append(f"- {PLACES[language].format(pages=outgoing.pages)}")
    return "\n".join(lines)


def _report(report: AllClear, language: str, reader: Reader) -> list[str]:
    """Where we looked, in full only for who wants more than that there is news."""
    hello = {"ko": "안녕하세요.", "en": "Hello,"}[language]
    return [hello, *(short(report, language) if reader.detail == "news" else in_words(report, language))]


def mail(outgoing: Outgoing, sender: Address, recipient: Address, text: str) -> EmailMessage:
    """Return `text` as a mail. Its Message-ID is the delivery's: whoever gets it twice sees it once."""
    message = EmailMessage(policy=SMTP)
    message["From"] = sender
    message["To"] = recipient
    message["Subject"] = subject(outgoing)
    message["Date"] = format_datetime(outgoing.created_at)
    message["Message-ID"] = f"<{outgoing.delivery}@{sender.domain}>"
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(text, cte="base64")
    message["Content-Language"] = _language(outgoing)  # after the content, which would remove it
    return message


def _help(country: str, language: str, known: Facts) -> str:
    """The helplines of the person's country, under names that do not tell a stranger what this is about."""
    lines = [f"- {line['words'][language]}" for line in known.hotlines(country) if line["in_alert"]]
    return "\n".join([HELP[language], *(lines or [HELP_ANYWHERE[language]])])


def _language(outgoing: Outgoing) -> str:
    return outgoing.reader.language if outgoing.reader.language in SUBJECTS else "en"
