"""Letters: what the law asks for is in them, nothing else is, and what is missing is named."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from importlib.resources import files
from uuid import UUID, uuid4

import pytest

from alerts.errors import AuthorityRoute, BadValue, MissingField, UnknownField, UnknownLanguage, UnknownNotice
from alerts.notices import Notice, draft, has_open_places, types
from alerts.notices.facts import facts
from alerts.untrusted import address_line, one_line
from tests.alerts.hostile import STRINGS

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
COMPLETE = {
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


def letter(type: str = "kr_tba_22_5", language: str = "en", **given: str) -> Notice:
    return draft(SomeExposure(), SomePerson(), type, language, {**COMPLETE[type], **given}, now=NOW)


@pytest.mark.parametrize(("type", "language"), EVERY)
def test_a_complete_letter_holds_every_field_the_law_asks_for(type, language):
    written = letter(type, language)

    known = facts(NOW.date())
    for name in known.letter(type)["m"]:
        if name not in ("signature_electronic",):
            value_or_label = (known.label(name, language), *COMPLETE[type].values())
            assert any(each in written.body for each in value_or_label), name
    assert "https://board.example/post/12345" in written.body.splitlines()
    assert "Kim Seo-yeon" in written.body
    assert "case-7f3k@relay.example" in written.body
    assert written.open_places == ()
    assert not has_open_places(written.text)


@pytest.mark.parametrize(("type", "language"), EVERY)
def test_a_letter_never_holds_a_hash_an_image_or_how_the_match_was_made(type, language):
    text = letter(type, language).text.lower()

    assert bytes(range(32)).hex() not in text
    assert not any(word in text for word in ("data:", "base64", "pdq", "phash", "distance", "watchlight"))


def test_every_template_belongs_to_a_known_law_and_has_a_subject_for_each_body():
    names = [file.name for file in (files("alerts.notices") / "letters").iterdir()]
    assert sorted(name.removesuffix(".txt.j2") for name in names) == sorted(each.id for each in types(NOW.date()))
    for type, language in EVERY:
        assert letter(type, language).subject


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
    with pytest.raises(MissingField, match="requester_email.*record"):
        draft(SomeExposure(), SomePerson(email=None), "us_tida", "en", COMPLETE["us_tida"], now=NOW)


def test_a_word_a_template_uses_and_nobody_gave_stops_the_letter(monkeypatch):
    from alerts.notices import drafting, offered

    made = offered.Environment(undefined=offered.StrictUndefined).from_string(
        "{% block subject_en %}s{% endblock %}{% block body_en %}{{ poster_identifier }}{% endblock %}"
    )
    monkeypatch.setattr(drafting, "template", lambda *_: made)
    with pytest.raises(MissingField, match="poster_identifier"):
        letter()


def test_unknown_types_languages_fields_and_choices_are_answered_with_the_list():
    for wrong, error, named in (
        (lambda: letter_of("no_such"), UnknownNotice, "kr_tba_22_5, us_tida, eu_dsa_16"),
        (lambda: letter_of("us_dmca_512c3"), UnknownNotice, "kr_tba_22_5"),
        (lambda: letter("us_tida", "ko"), UnknownLanguage, "Choose one of: en"),
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


@pytest.mark.parametrize(("type", "language"), EVERY)
def test_hostile_text_cannot_alter_a_letter(type, language):
    """Whatever a page's address, a name or an answer holds, the letter keeps its lines."""
    plain = letter(type, language, locator_details="x").text.splitlines()
    place = plain.index("https://board.example/post/12345")
    for untrusted in STRINGS:
        written = draft(
            SomeExposure(page_url=f"https://board.example/post/{untrusted[:300]}"),
            SomePerson(),
            type,
            language,
            {**COMPLETE[type], "locator_details": untrusted or "x"},
            now=NOW,
        )
        lines = written.text.splitlines()
        assert abs(len(lines) - len(plain)) == 0, untrusted
        assert lines[place].isascii()
        assert lines[place].startswith("https://board.example/")
        assert not any(sign in written.text for sign in "\r\x1b\u202e\u2066\u2028\u200b\x85\x9b")
        same = [n for n, line in enumerate(lines) if line != plain[n]]
        allowed = {place, *(n for n, line in enumerate(plain) if line.endswith(": x") or "C-" in line)}
        assert set(same) <= allowed, untrusted


def test_there_are_many_hostile_strings():
    assert len(STRINGS) > 900


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
