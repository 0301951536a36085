"""Facts show until when they hold, guesses stay hidden, and a host is known by what it is, not by its looks."""

from datetime import date, timedelta

import pytest
import yaml

from alerts.contacts import NOT_LOOKED_UP, whom_to_write_to
from alerts.notices import types
from alerts.notices.facts import Facts, facts
from alerts.notices.offered import LANGUAGES

TODAY = date(2026, 11, 23)


def test_every_fact_names_its_certainty_its_source_and_its_day():
    known = facts(TODAY).everything
    for fact in known["notice_types"]:
        assert fact["certainty"] in "HML"
        assert fact["as_of"] <= TODAY
        assert all(source in known["sources"] for source in fact["sources"]), fact["id"]
    for entry in [c for p in known["platforms"] for c in p["channels"]] + known["hotlines"]:
        assert entry["certainty"] in "HML"
        assert entry["as_of"] <= TODAY
        assert entry["source"] in known["sources"]


def test_every_letter_uses_only_fields_of_the_dictionary_and_belongs_to_a_notice():
    known = facts(TODAY).everything
    ids = {fact["id"] for fact in known["notice_types"]}
    for letter in known["letters"]:
        assert letter["notice_type"] in ids
        for name in (*letter["m"], *letter.get("c", ()), *letter["o"], *letter.get("by_hand", ())):
            assert {"ko", "en"} <= set(known["fields"][name]), name
    assert len(known["notice_types"]) == 28
    assert len(known["platforms"]) == 22


def test_our_own_words_are_in_known_languages_and_complete_where_they_must_be():
    own = facts(TODAY).everything
    for section in ("words", "sentences", "must_not", "reasons", "cards"):
        for name, entry in own[section].items():
            assert set(entry) - {"as_of"} <= set(LANGUAGES), (section, name)
            assert {"ko", "en"} <= set(entry), (section, name)
    for field, choices in own["values"].items():
        for language, names in choices.items():
            assert language in LANGUAGES
            assert set(names) == set(own["fields"][field]["values"]), (field, language)
    placed = [name for part in own["parts"] for name in part["fields"]]
    assert len(placed) == len(set(placed))
    for letter in own["letters"]:
        assert {*letter["m"], *letter.get("c", ()), *letter["o"]} <= {*placed, "case_ref"}, letter["id"]


def test_a_guess_is_never_shown():
    known = facts(TODAY)
    assert not any(c["certainty"] == "L" for p in known.platforms() for c in p["channels"])
    assert [line["reach"] for line in known.hotlines("US")] == ["report.cybertip.org"]


@pytest.mark.parametrize(("days", "shown"), [(0, True), (180, True), (181, False)])
def test_contacts_and_law_hide_themselves_when_they_are_too_old(days, shown):
    later = facts(TODAY + timedelta(days=days))
    assert bool(later.hotlines("KR")) is shown
    assert bool(types(later.today)) is shown
    assert any(p["channels"] for p in later.platforms()) is shown


def test_contacts_are_due_for_another_look_after_90_days_and_say_so():
    assert facts(TODAY + timedelta(days=90)).stale() == []
    due = facts(TODAY + timedelta(days=91)).stale()
    assert {one.kind for one in due} == {"contacts"}
    assert not all(one.hidden for one in due)
    assert {one.kind for one in facts(TODAY + timedelta(days=181)).stale()} == {"contacts", "law"}


def test_an_undated_fact_is_not_shown():
    known = yaml.safe_load(
        "meta: {freshness: {contacts: {hidden_after_days: 180}}}\nhotlines: [{country: KR, certainty: H}]"
    )
    assert Facts(known, TODAY).hotlines("KR") == []


@pytest.mark.parametrize(
    ("address", "platform"),
    [
        ("https://t.me/s/channel/12", "Telegram"),
        ("https://T.ME./x", None),
        ("https://pbs.twimg.com/media/a.jpg", "X"),
        ("https://blog.naver.com/x/1", "Naver"),
        ("https://t.me.evil.test/x", None),
        ("https://evil.test/t.me", None),
        ("https://t.me@evil.test/", None),
        ("https://evil.test\\@t.me/", None),
        ("https://nott.me/", None),
        ("https://ｔ.ｍｅ/x", "Telegram"),
        ("https://sites.google.com/view/x", None),
        ("https://www.google.com/search?q=x", "Google Search"),
    ],
)
def test_the_desk_is_chosen_by_the_host_a_browser_would_go_to(address, platform):
    assert whom_to_write_to(address, "us_tida", facts(TODAY)).platform == platform


def test_doors_kept_for_authorities_are_never_offered():
    for notice in ("kr_tba_22_5", "us_tida", "eu_dsa_16"):
        desk = whom_to_write_to("https://t.me/x/1", notice, facts(TODAY))
        assert desk.doors
        assert not any("edsr.eu" in door.value for door in desk.doors)


def test_the_dsa_door_comes_first_for_a_dsa_notice():
    desk = whom_to_write_to("https://t.me/x/1", "eu_dsa_16", facts(TODAY))
    assert desk.doors[0].value == "https://telegram.org/dsa-report"


def test_for_an_unknown_site_it_says_what_nobody_looked_up():
    desk = whom_to_write_to("https://board.example/post/1", "us_tida", facts(TODAY))
    assert desk.host == "board.example"
    assert desk.not_looked_up == NOT_LOOKED_UP
    assert desk.doors == ()
    korean = whom_to_write_to("https://board.example/post/1", "kr_tba_22_5", facts(TODAY))
    assert "불법촬영물 신고" in korean.doors[0].value
