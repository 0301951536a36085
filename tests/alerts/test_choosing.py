"""Which letter is proposed, and the reason that is shown with it."""

from datetime import date

import pytest

from alerts.notices.choosing import RULES, Proposal, choose, situation
from alerts.notices.facts import facts
from alerts.notices.offered import everything

TODAY = date(2026, 11, 23)
KNOWN = facts(TODAY)


def proposed(
    url: str, country: str, material: str = "unknown", *, minor: bool = False, before: bool = False
) -> list[Proposal]:
    return choose(situation(url, country, minor, KNOWN, material, sent_before=before), TODAY)


@pytest.mark.parametrize(
    ("url", "country", "material", "first", "language"),
    [
        ("https://board.example/1", "KR", "intimate", "kr_tba_22_5", "ko"),
        ("https://cafe.naver.com/x/1", "US", "intimate", "kr_tba_22_5", "ko"),
        ("https://board.example/1", "KR", "ordinary", "kr_network_act_44_2", "ko"),
        ("https://board.example/1", "US", "intimate", "us_tida", "en"),
        ("https://board.example/1", "GB", "intimate", "uk_intimate_image_report", "en"),
        ("https://board.example/1", "DE", "ordinary", "eu_dsa_16", "de"),
        ("https://board.example/1", "JP", "intimate", "jp_idpa_private_sexual_image", "ja"),
        ("https://board.example/1", "AU", "intimate", "au_esafety_iba", "en"),
        ("https://www.google.com/search?q=x", "KR", "unknown", "search_delist", "en"),
        ("https://web.archive.org/web/2026/https://x.example/", "KR", "unknown", "internet_archive", "en"),
        ("https://board.example/1", "BR", "unknown", "site_operator_policy_notice", "en"),
    ],
)
def test_the_first_letter_fits_recipient_country_and_material(url, country, material, first, language):
    best = proposed(url, country, material)[0]
    assert (best.type, best.language) == (first, language)
    assert len(best.words(KNOWN, "ko")) > 5
    assert best.words(KNOWN, "ko") != best.words(KNOWN, "en")


def test_a_minor_gets_the_way_to_the_authorities_and_nothing_else():
    assert [(each.type, each.card, each.reason) for each in proposed("https://t.me/x/1", "KR", minor=True)] == [
        ("us_2258a_pointer", True, "minor")
    ]


def test_us_law_is_not_cited_for_somebody_who_does_not_live_there():
    assert "us_tida" not in [each.type for each in proposed("https://x.com/a/1", "KR", "intimate")]


def test_copyright_is_proposed_only_for_an_own_picture_and_a_second_notice_only_after_a_first():
    assert "us_dmca_512c3" not in [each.type for each in proposed("https://board.example/1", "US", "intimate")]
    assert "us_dmca_512c3" in [each.type for each in proposed("https://board.example/1", "US", "own_work")]
    assert proposed("https://board.example/1", "US", before=True)[0].type == "followup_second_notice"


def test_the_last_resorts_come_last_and_only_for_sites_no_directory_knows():
    types = [each.type for each in proposed("https://board.example/1", "KR", "intimate")]
    assert types.index("site_operator_policy_notice") < types.index("cdn_host_abuse") < types.index("registrar_abuse")
    assert "cdn_host_abuse" not in [each.type for each in proposed("https://t.me/x/1", "KR", "intimate")]


def test_every_rule_names_a_notice_of_the_facts_and_a_reason_in_both_languages():
    offered = {each.id for each in everything(TODAY)}
    for type, reason, _ in RULES:
        assert type in offered
        assert {"ko", "en"} <= set(KNOWN.everything["reasons"][reason])
