"""The labelled responses: all can be read, and the most dangerous ones are judged right through the real crawler."""

from collections import Counter

from alerts.verdict import OUTCOMES
from benchmarks.verdicts.cases import PAGE, PICTURE, read
from benchmarks.verdicts.judging import judge
from crawler.saying import said
from crawler.store import CrawlStore

# What looks gone and is not, one of each trap; and what is gone, so that "never say gone" does not pass.
SAMPLE = (
    *("page-gone-cdn-cache-hit", "page-flips-404-then-back", "everything-is-404-to-us", "cloudflare-challenge-as-404"),
    *("site-challenges-home-and-hides-pages-as-404", "status-404-page-names-the-file-it-will-not-give-us"),
    *("hotlink-404-page-still-names-it", "same-picture-under-another-address", "same-picture-inline"),
    *(
        "telegram-contact-picture-on-cdn",
        "says-deleted-picture-other",
        "redirect-to-home",
        "picture-replaced-page-absent",
    ),
    *(
        "filled-by-scripts-behind-real-words",
        "page-cut-short",
        "parked-domain",
        "redirect-to-login",
        "page-410-picture-still-served",
    ),
    *("nginx-404", "says-deleted-korean-picture-absent", "thread-without-the-picture", "page-in-euc-kr-removed"),
)


def test_there_are_more_than_two_hundred_labelled_responses_and_a_part_is_kept_aside():
    tuned, heldout = read("tuned"), read("heldout")
    assert len(tuned) + len(heldout) >= 200
    assert len(heldout) >= 60
    for case in (*tuned, *heldout):
        assert case.truth in OUTCOMES, case.name
        assert {PAGE, PICTURE} <= case.first.keys(), case.name
    assert min(Counter(case.truth for case in tuned).values()) >= 2


def test_the_traps_are_not_called_gone_and_what_is_gone_is():
    store = CrawlStore.open()
    known = {case.name: case for case in read("tuned")}
    judged = judge([known[name] for name in SAMPLE], store)
    store.close()

    assert {each.case.name: each.second.outcome for each in judged} == {name: known[name].truth for name in SAMPLE}
    assert [each.case.name for each in judged if each.false_gone] == []


def test_a_long_page_is_not_what_its_tenth_comment_says():
    thread = "<title>My day</title><h1>My day</h1>" + "<p>Many words about the week and the weather.</p>" * 60
    assert said(f"{thread}<p>This post was deleted. Log in to view.</p>".encode()).says == ()
    assert "removed" in said(b"<title>Sorry</title><p>This post was deleted.</p>").says


def test_the_words_of_a_page_do_not_leave_the_worker():
    told = said("<title>비밀</title><p>김서연 010-1234-5678</p>".encode()).to_json()
    assert set(told) == {"says", "length", "digest"}
    assert "김서연" not in str(told)
