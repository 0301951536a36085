"""Letters: what the law asks for is in them, nothing else is, and what is missing is named."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest

from alerts.errors import (
    AuthorityRoute,
    BadValue,
    MissingField,
    MustNotStand,
    OnlyACard,
    UnknownField,
    UnknownLanguage,
    UnknownNotice,
)
from alerts.notices import Notice, Past, cards, draft, has_open_places, types
from alerts.notices.facts import facts
from alerts.notices.tabled import answers, example_case
from alerts.untrusted import address_line, one_line

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
SAID = {
    "kr_tba_22_5": {"kr_material_type": "허위영상물", "requester_phone": "02-000-0000"},
    "us_tida": {
        "non_consent_statement": "yes",
        "good_faith_statement": "yes",
        "signature_electronic": "Kim Seo-yeon",
    },
    "eu_dsa_16": {
        "explanation_reason": "published without consent; an offence in Germany",
        "bona_fide_statement": "yes",
    },
}
EVERY = [(each.id, language) for each in types(NOW.date()) for language in each.languages]


def complete(type: str, language: str = "en") -> dict[str, str]:
    """What a sender answers: three letters in words of our own, the others from the examples of the facts."""
    return SAID.get(type) or answers(type, language, example_case(NOW))


COMPLETE = {each.id: complete(each.id) for each in types(NOW.date())}


@dataclass
class SomePerson:
    name: str = "Kim Seo-yeon"
    email: str | None = "case-7f3k@relay.example"
    country: str = "KR"
    minor: bool = False


@dataclass
class SomeExposure:
    page_url: str = "https://board.example/post/12345"
    picture_url: str | None = "https://img.board.example/u/aa.jpg"
    first_seen: datetime = NOW - timedelta(days=2)
    id: UUID = field(default_factory=uuid4)
    content_digest: bytes = bytes(range(32))


PAST = example_case(NOW).past


def letter(type: str = "kr_tba_22_5", language: str = "en", **given: str) -> Notice:
    said = {**complete(type, language), **given}
    return draft(SomeExposure(), SomePerson(), type, language, said, now=NOW, past=PAST)


@pytest.mark.parametrize(("type", "language"), EVERY)
def test_a_complete_letter_holds_every_field_the_law_asks_for(type, language):
    written = letter(type, language)

    assert written.check.complete
    for name in facts(NOW.date()).letter(type)["m"]:
        for line in written.values[name].split("\n"):
            assert line in written.body, name
    assert "https://board.example/post/12345" in written.body.splitlines()
    assert written.open_places == ()
    assert not has_open_places(written.text)
    assert written.subject
    assert "{{" not in written.text


@pytest.mark.parametrize(("type", "language"), EVERY)
def test_a_letter_never_holds_a_hash_an_image_or_how_the_match_was_made(type, language):
    text = letter(type, language).text.lower()

    assert bytes(range(32)).hex() not in text
    assert not any(word in text for word in ("data:image", "base64", "pdq", "phash", "distance", "watchlight"))


def test_every_type_of_the_facts_is_a_letter_or_a_card_in_korean_and_english():
    letters, others = types(NOW.date()), cards(NOW.date())

    assert {each.id for each in (*letters, *others)} == {fact["id"] for fact in facts(NOW.date()).notice_types()}
    assert len(letters) == 24
    assert all({"ko", "en"} <= set(each.languages) for each in (*letters, *others))
    assert all(set(each.send_in) <= set(each.languages) for each in letters), "a language to send in lacks words"


def test_a_letter_in_a_language_its_reader_does_not_have_says_that_it_is_for_reading():
    read, sent = letter("us_tida", "ko"), letter("us_tida", "en")

    assert read.for_reading_only
    assert "읽기용" in read.body
    assert "영어" in read.body
    assert not sent.for_reading_only
    assert "reading" not in sent.body


@pytest.mark.parametrize(
    "type", ["us_2258a_pointer", "kr_44_6_identity", "eu_dsa_art22_trusted_flagger", "ca_pointers"]
)
def test_a_card_says_where_to_turn_and_no_letter_is_written(type):
    with pytest.raises(OnlyACard) as shown:
        draft(SomeExposure(), SomePerson(), type, "ko", now=NOW)
    assert len(shown.value.lines) >= 2
    assert "board.example" not in str(shown.value)


def test_the_korean_form_cites_article_22_5_and_ticks_only_the_box_that_was_named():
    text = letter(language="ko").text

    assert "전기통신사업법 제22조의5" in text
    assert "[v] 허위영상물" in text
    assert text.count("[v]") == 1


def test_places_of_the_korean_form_that_only_the_sender_can_fill_stay_open_and_are_named():
    written = draft(SomeExposure(), SomePerson(email=None), "kr_tba_22_5", "ko", now=NOW)

    assert set(written.open_places) == {"kr_material_type", "requester_email", "requester_phone"}
    assert has_open_places(written.text)


@pytest.mark.parametrize(
    ("type", "field"),
    [
        ("us_tida", "signature_electronic"),
        ("us_tida", "non_consent_statement"),
        ("eu_dsa_16", "explanation_reason"),
        ("eu_dsa_16", "bona_fide_statement"),
    ],
)
def test_a_declaration_without_a_part_the_law_asks_for_is_refused_with_the_field_s_name(type, field):
    given = {name: value for name, value in COMPLETE[type].items() if name != field}

    with pytest.raises(MissingField) as refused:
        draft(SomeExposure(), SomePerson(), type, "en", given, now=NOW)
    assert list(refused.value.fields) == [field]
    assert f"--set {field}=" in str(refused.value)


def test_a_person_without_an_address_is_told_that_the_record_could_hold_one():
    with pytest.raises(MissingField, match=r"requester_email.*record"):
        draft(SomeExposure(), SomePerson(email=None), "us_tida", "en", COMPLETE["us_tida"], now=NOW)


def test_a_subject_whose_place_nobody_filled_stops_the_letter():
    given = {name: text for name, text in COMPLETE["eu_dsa_art20_complaint"].items() if name != "provider_ticket_id"}
    with pytest.raises(MissingField, match="provider_ticket_id"):
        draft(SomeExposure(), SomePerson(), "eu_dsa_art20_complaint", "en", given, now=NOW)


def test_a_second_notice_names_the_first_and_is_not_written_without_one():
    assert "2026-11-19" in letter("followup_second_notice", "ko").body
    with pytest.raises(MissingField, match="prior_notice_sent_at"):
        draft(SomeExposure(), SomePerson(), "followup_second_notice", "ko", {}, now=NOW, past=Past())


@pytest.mark.parametrize(
    ("type", "field", "text", "rule"),
    [
        ("eu_dsa_16", "explanation_reason", "see data:image/png;base64,iVBORw0KGgo=", "image"),
        ("eu_dsa_16", "explanation_reason", "hash " + "ab" * 32, "hash"),
        ("kr_tba_22_5", "content_description_safe", "번호 900101-2345678", "id_number"),
        ("cdn_host_abuse", "explanation_reason", "this is Kim  Seo-yeon of class 3", "name"),
        ("site_operator_policy_notice", "authority_basis", "call 010-1234-5678", "phone"),
    ],
)
def test_what_must_not_be_in_a_letter_is_refused_by_name(type, field, text, rule):
    with pytest.raises(MustNotStand) as refused:
        letter(type, "en", **{field: text})
    assert (refused.value.field, refused.value.rule) == (field, rule)


def test_a_letter_to_a_host_does_not_name_the_person_shown():
    for type in ("cdn_host_abuse", "registrar_abuse", "site_operator_policy_notice", "au_esafety_iba"):
        assert "Seo-yeon" not in letter(type).text


def test_the_reply_address_of_the_case_stands_instead_of_the_person_s_own():
    own, relay = SomePerson(email="own@home.example"), "case-abcdefgh@relay.example"
    written = draft(SomeExposure(), own, "us_tida", "en", COMPLETE["us_tida"], now=NOW, relay=relay)
    assert "case-abcdefgh@relay.example" in written.body
    assert "own@home.example" not in written.body


def test_a_capture_in_an_archive_says_what_was_captured_and_when():
    page = "https://web.archive.org/web/20261120103000/https://board.example/post/1"
    said = {"requester_relation": "the person shown", "explanation_reason": "published without consent"}
    body = draft(SomeExposure(page_url=page), SomePerson(), "internet_archive", "en", said, now=NOW).body
    assert "https://board.example/post/1" in body.splitlines()
    assert "2026-11-20" in body


def test_unknown_types_languages_fields_and_choices_are_answered_with_the_list():
    for wrong, error, named in (
        (lambda: letter_of("no_such"), UnknownNotice, "kr_tba_22_5, kr_network_act_44_2"),
        (lambda: letter("us_tida", "de"), UnknownLanguage, "Choose one of: ko, en"),
        (lambda: letter(nonsense="x"), UnknownField, "kr_material_type"),
        (lambda: letter(kr_material_type="movie"), BadValue, "허위영상물"),
        (lambda: letter("us_tida", requester_role="third_party"), BadValue, "support_centre"),
        (lambda: letter("us_tida", good_faith_statement="whatever"), BadValue, "words are fixed"),
        (lambda: letter(requester_phone="call me"), BadValue, "requester_phone"),
        (lambda: letter(content_urls="javascript:alert(1)"), BadValue, "content_urls"),
    ):
        with pytest.raises(error, match=named):
            wrong()


def letter_of(type: str) -> Notice:
    return draft(SomeExposure(), SomePerson(), type, "en", now=NOW)


def test_older_names_of_the_notices_still_work():
    assert draft(SomeExposure(), SomePerson(), "us_tida_223a", "en", COMPLETE["us_tida"], now=NOW).type == "us_tida"
    assert draft(SomeExposure(), SomePerson(), "eu_dsa_art16", "en", COMPLETE["eu_dsa_16"], now=NOW).type == "eu_dsa_16"


def test_whoever_acts_for_somebody_must_say_by_what_authority():
    with pytest.raises(MissingField, match="authority_basis"):
        letter("us_tida", requester_role="support_centre")
    text = letter("us_tida", requester_role="support_centre", authority_basis="written mandate").text
    assert "support centre" in text
    assert "Authority: written mandate" in text


def test_a_minor_gets_the_way_to_the_police_and_the_hotline_instead_of_a_letter():
    with pytest.raises(AuthorityRoute, match="112") as refused:
        draft(SomeExposure(), SomePerson(minor=True), "kr_tba_22_5", "ko", now=NOW)
    assert "board.example" not in str(refused.value)


def test_the_picture_never_enters_a_letter_through_its_own_address():
    embedded = SomeExposure(picture_url="data:image/png;base64,iVBORw0KGgo=")
    text = draft(embedded, SomePerson(), "kr_tba_22_5", "en", COMPLETE["kr_tba_22_5"], now=NOW).text

    assert "iVBOR" not in text
    assert "part of the page itself" in text


def test_the_preview_names_what_the_letter_tells_about_its_sender():
    assert letter().reveals == {"requester_name": "high", "requester_email": "medium", "requester_phone": "high"}
    told = {each.field: each.value for each in letter().preview}
    assert told["requester_email"] == "case-7f3k@relay.example"


def test_one_line_keeps_ordinary_words_of_any_language():
    for words in ("안녕하세요, 사진 1장", "Grüße & Küsse", "日本語のタイトル", "नमस्ते"):
        assert one_line(words) == words


def test_only_web_addresses_stand_in_a_letter():
    assert address_line("https://user:pass@board.example/a b") == "https://board.example/a%20b"
    assert address_line("HTTPS://BÜCHER.example/ü#p3") == "https://xn--bcher-kva.example/%C3%BC#p3"
    for wrong in (
        None,
        "",
        "data:image/png;base64,AA",
        "javascript:alert(1)",
        "ftp://x.example/",
        "https://" + "a" * 9000,
    ):
        assert address_line(wrong) is None
