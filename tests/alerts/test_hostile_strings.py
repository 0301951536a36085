"""More than 4,000 strings of people who wish harm: no mail, letter, PDF, report, webhook or page is altered by one."""

import email
import email.policy
import json
import re
from datetime import timedelta
from typing import Any

import jsonschema
import pytest
from lxml import html

from alerts.channels.webhook import payload, signed_headers
from alerts.contacts import whom_to_write_to
from alerts.errors import BadValue, MustNotStand, Unprintable
from alerts.message import body, mail, supporter_body
from alerts.notices import draft, types
from alerts.notices.facts import facts
from alerts.notices.mailed import eml
from alerts.notices.printed import pdf
from alerts.notices.sheet import Line, Part, Sheet
from alerts.notices.tabled import ExampleExposure, ExamplePerson, answers, example_case
from alerts.notices.xarf import as_bytes, xarf
from alerts.untrusted import address_line, one_line
from portal.web.pages import ENVIRONMENT
from tests.alerts.conftest import NOW, outgoing
from tests.alerts.hostile import STRINGS
from tests.alerts.pdf import text_of
from tests.alerts.xarf_schema import validator

KNOWN = facts(NOW.date())
EVERY = [(each.id, language) for each in types(NOW.date()) for language in each.languages]
HARM = re.compile(
    "[\r\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\U000e0000-\U000e007f]"
)
PAGE = "https://board.example/post/"


def test_there_are_at_least_4000():
    assert len(STRINGS) == len(set(STRINGS)) >= 4000


def free_field(type: str) -> str | None:
    """A field of this letter that takes any text, so that a sender can paste a page's title into it."""
    fields = [*(letter := KNOWN.letter(type))["m"], *letter.get("c", ()), *letter["o"]]
    return next(
        (name for name in fields if KNOWN.field(name)["type"] in ("text", "string") and name != "case_ref"), None
    )


def written(type: str, language: str, address: str, text: str) -> Any:
    case = example_case(NOW)
    said = answers(type, language, case) | ({name: text} if (name := free_field(type)) else {})
    exposure = ExampleExposure(NOW - timedelta(days=5), page_url=address)
    return draft(exposure, ExamplePerson(), type, language, said, now=NOW, past=case.past)


def test_no_letter_in_any_language_gains_or_loses_a_line_or_a_hidden_sign():
    plain = {each: written(*each, PAGE, "x").text.splitlines() for each in EVERY}
    kept = 0
    for n, untrusted in enumerate(STRINGS):
        type, language = EVERY[n % len(EVERY)]
        try:
            text = written(type, language, PAGE + untrusted[:300], untrusted if one_line(untrusted) else "x").text
        except (MustNotStand, BadValue):  # a hash-like run or a bad choice: refused is safe too
            continue
        kept += 1
        assert len(text.splitlines()) == len(plain[type, language]), untrusted
        assert not HARM.search(text), untrusted
        assert all(line.isascii() for line in text.splitlines() if line.startswith("https://board.example/"))
    assert kept > 3500


def test_no_mail_draft_gains_a_header_or_a_recipient():
    desk = whom_to_write_to("https://archive.org/x", "internet_archive", KNOWN)
    for untrusted in STRINGS:
        made = email.message_from_bytes(
            eml(untrusted, one_line(untrusted) + "\n", "en", desk, untrusted, NOW), policy=email.policy.SMTP
        )
        assert set(made.keys()) <= {
            *("X-Unsent", "Subject", "Date", "To", "MIME-Version", "Content-Type"),
            *("Content-Transfer-Encoding", "Content-Language"),
        }, untrusted
        assert made["To"] == "info@archive.org"
        assert "\n" not in made["Subject"]
        assert made.get_content_type() == "text/plain"


def test_no_alert_mail_gains_a_header_through_the_phrase_or_the_language():
    from email.headerregistry import Address

    sender, recipient = Address("News", "news", "alerts.example"), Address(username="a", domain="example.org")
    plain = list(mail(outgoing(), sender, recipient, "x").keys())
    for untrusted in STRINGS:
        alert = outgoing(phrase=untrusted, supporter_phrase=untrusted, country=untrusted[:2])
        write = supporter_body if len(untrusted) % 2 else body
        made = mail(alert, sender, recipient, write(alert, KNOWN))
        assert list(made.keys()) == plain
        back = email.message_from_bytes(made.as_bytes(), policy=email.policy.SMTP)
        assert list(back.keys()) == plain
        assert back["To"] == "a@example.org"
        assert not HARM.search(back.get_content().replace("\r\n", ""))


def test_no_webhook_carries_a_word_of_them():
    plain = set(json.loads(payload(outgoing())))
    for untrusted in STRINGS:
        alert = outgoing(phrase=untrusted, email=untrusted, webhook_secret="s")
        assert set(json.loads(payload(alert))) == plain
        core = untrusted.strip()
        assert len(core) < 12 or core.encode("utf-8", "replace") not in payload(alert)
        for name, value in signed_headers(alert, b"s", 1).items():
            assert (name + value).isprintable()


def test_every_report_for_machines_is_valid_against_the_schema():
    desk = whom_to_write_to(PAGE, "cdn_host_abuse", KNOWN)
    check = validator()
    for untrusted in STRINGS[::3]:  # the address is what changes, and letters hold it in the same form
        page = address_line(PAGE + untrusted[:300])
        if page is None:
            continue
        report = json.loads(as_bytes(xarf((page,), "C-1", desk, "case-1@relay.example", NOW)))
        check.validate(report)
        assert report["url"].isascii()
    with pytest.raises(jsonschema.ValidationError):
        check.validate(report | {"data_types": ["picture"]})


def drawn(lines: list[str]) -> bytes:
    sheet = Sheet("ko", one_line(lines[0], 80) or "x", None, (Part("x", tuple(Line("x", (text,)) for text in lines)),))
    return pdf(sheet, "C-1", NOW)


def check_pdf(lines: list[str]) -> int:
    """Draw many strings on one paper; return how many were refused because no font of ours has a sign of theirs."""
    try:
        made = drawn(lines)
    except Unprintable:
        if len(lines) == 1:
            return 1
        return check_pdf(lines[: len(lines) // 2]) + check_pdf(lines[len(lines) // 2 :])
    assert not re.search(rb"/(JavaScript|JS|Launch|URI|EmbeddedFile|OpenAction|AA)\b", made)
    text = text_of(made)
    assert not HARM.search(text.replace("\n", ""))
    assert "root:" not in text
    return 0


def test_no_pdf_runs_or_hides_anything():
    lines = [one_line(untrusted, 200) for untrusted in STRINGS]
    lines = [line for line in lines if line]
    assert len(lines) >= 4000
    refused = sum(check_pdf(lines[start : start + 150]) for start in range(0, len(lines), 150))
    assert refused < len(lines) // 10


class Visitor:
    """The least a page asks of who looks at it."""

    person = session = None
    token = "token"
    someone = ExamplePerson()


class Anything:
    """Settings and the like: empty text, whatever is asked."""

    def __getattr__(self, name: str) -> str:
        return ""


def page_of(untrusted: str) -> html.HtmlElement:
    from portal.web.language import languages
    from portal.web.pages import OWN_PATHS

    letter = Anything()
    letter.__dict__.update(id="1", subject=untrusted, text=untrusted, language="en", sent_at=None, exposure="1")
    desk = Anything()
    desk.__dict__.update(name=untrusted, doors=())
    told = [{"label": untrusted, "value": untrusted, "level": "low"}]
    text = ENVIRONMENT.get_template("person/letter.html").render(
        t=languages()["en"], visitor=Visitor, languages=languages(), here="/", when=str, settings=Anything(),
        **OWN_PATHS, letter=letter, desk=desk, open_places=False, look_up=False, preview=told, barred="",
        for_reading="", forms=None, check={"required": [{"label": untrusted, "state": "open"}]},
    )  # fmt: skip
    return html.fromstring(text)


def test_no_page_gains_an_element_or_an_attribute():
    def shape(page: html.HtmlElement) -> list[Any]:
        return [(each.tag, tuple(sorted(each.attrib))) for each in page.iter()]

    plain = shape(page_of("x"))
    for untrusted in STRINGS:
        if "\x00" not in untrusted and not any("\ud800" <= sign <= "\udfff" for sign in untrusted):
            assert shape(page_of(untrusted)) == plain, untrusted
