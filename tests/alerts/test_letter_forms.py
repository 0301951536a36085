"""One kept letter as PDF, unsent mail draft and report for machines; reply addresses of cases."""

import email
import email.policy
import json

import pytest

from alerts.errors import BadValue
from alerts.notices import kept
from alerts.notices.drafting import draft
from alerts.notices.kept import Forms, past, reply_address
from registry import cases, people, relay
from registry.database import Registry
from registry.errors import BadValue as BadSetting
from tests.alerts.conftest import NOW, add_person, enrol
from tests.alerts.pdf import text_of
from tests.alerts.test_notices import COMPLETE
from tests.alerts.xarf_schema import validator

DOMAIN = {"WATCHLIGHT_RELAY_DOMAIN": "relay.example.org"}


def exposed(registry: Registry, page: str = "https://board.example/post/1") -> cases.Exposure:
    """One exposure of somebody with a Korean name."""
    person = add_person(registry, "김서연", email="own@home.example")
    enrolment = enrol(registry, person, 1)
    with registry.transaction() as tx:
        found, _ = cases.record_exposure(
            tx,
            enrolment,
            page_url=page,
            picture_url="https://cdn.example/1.jpg",
            target="board",
            content_digest=bytes(range(32)),
            kind="whole",
            distance=0,
            confidence=1.0,
            reason="same picture",
            seen_at=NOW,
        )
        return found


def letter(registry: Registry, type: str = "kr_tba_22_5", language: str = "ko", **given: str) -> Forms:
    found = exposed(registry)
    with registry.transaction() as tx:
        someone = people.get(tx, found.person)
        reply = reply_address(tx, found, DOMAIN)
        said = {**COMPLETE[type], **given}
        notice = draft(found, someone, type, language, said, now=NOW, past=past(tx, found), relay=reply)
        return Forms(kept.keep(tx, found, notice), notice.desk)


def test_the_pdf_says_what_the_letter_says_in_hangul(registry):
    forms = letter(registry)
    drawn = "".join(text_of(forms.pdf()).split())

    for line in ("불법촬영물등 유통 신고·삭제요청", "전기통신사업법 제22조의5", "[v] 허위영상물", "김서연"):
        assert "".join(line.split()) in drawn
    assert "https://board.example/post/1" in drawn


def test_the_mail_draft_is_unsent_names_no_sender_and_answers_go_to_the_case(registry):
    forms = letter(registry)
    made = email.message_from_bytes(forms.eml(), policy=email.policy.SMTP)

    assert made["X-Unsent"] == "1"
    assert made["From"] is None
    assert made["Reply-To"].startswith("case-")
    assert made["Reply-To"].endswith("@relay.example.org")
    assert made["Subject"] == forms.letter.subject
    assert made.get_content().replace("\r\n", "\n") == forms.letter.text
    assert b"own@home.example" not in forms.eml()


def test_an_abuse_desk_gets_the_report_with_the_mail_and_it_is_valid_and_names_nobody(registry):
    forms = letter(registry, "cdn_host_abuse", "en")
    made = email.message_from_bytes(forms.eml(), policy=email.policy.SMTP)
    [attached] = made.iter_attachments()
    report = json.loads(attached.get_content())

    validator().validate(report)
    assert report == json.loads(forms.xarf())
    assert report["url"] == "https://board.example/post/1"
    assert "서연" not in json.dumps(report, ensure_ascii=False)
    assert bytes(range(32)).hex() not in json.dumps(report)


def test_a_letter_that_was_kept_before_there_were_forms_has_none(registry):
    found = exposed(registry)
    with registry.transaction() as tx:
        old = cases.save_notice(tx, found, "kr_tba_22_5", "ko", "text", subject="s")
        assert not kept.has_forms(cases.notice(tx, old.id))


def test_a_report_without_an_address_to_answer_to_is_refused(registry):
    forms = letter(registry, "kr_police_report", "ko")
    with pytest.raises(BadValue, match="requester_email"):
        forms.xarf()


def test_what_was_sent_and_checked_is_the_past_of_the_next_letter(registry):
    forms = letter(registry)
    with registry.transaction() as tx:
        cases.mark_sent(tx, forms.letter.id, NOW)
        found = cases.exposure(tx, forms.letter.exposure)
        cases.record_verdict(tx, found, "still-there", at=NOW)
        known = past(tx, found)
        second = draft(found, people.get(tx, found.person), "followup_second_notice", "ko", {}, now=NOW, past=known)
    assert known.last_checked_at == NOW
    assert "2026-11-23 12:00 UTC" in second.body


def test_a_reply_address_is_stable_unguessable_and_known_only_with_the_registry_key(registry, tmp_path):
    forms = letter(registry)
    case = forms.letter.exposure
    with registry.reading() as tx:
        address = relay.address(tx, case, "relay.example.org")
        assert address == relay.address(tx, case, "RELAY.example.org ")
        assert relay.behind(tx, address.upper(), "relay.example.org").forward_to == "own@home.example"
        assert relay.behind(tx, "case-aaaaaaaaaaaaaaaa@relay.example.org", "relay.example.org") is None
    assert str(case).replace("-", "")[:8] not in address
    elsewhere = Registry.open(f"sqlite:///{tmp_path / 'other.sqlite3'}", bytes(reversed(range(32))))
    with elsewhere as other, other.reading() as tx:
        assert relay.address(tx, case, "relay.example.org") != address


@pytest.mark.parametrize(
    "domain", ["", "localhost", "a b.example", "x@relay.example", "relay.example\nx", "-a.example"]
)
def test_a_relay_domain_that_is_none_is_refused(registry, domain):
    from uuid import uuid4

    with registry.reading() as tx, pytest.raises(BadSetting, match="WATCHLIGHT_RELAY_DOMAIN"):
        relay.address(tx, uuid4(), domain)
