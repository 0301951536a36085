"""Verdicts on single looks: what is unclear is never "gone", and a picture that is seen outweighs every status."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import pytest

from alerts.verdict import Seen, Verdict, verdict, was_on_page
from crawler.facts import Facts
from egress.names import names_of
from matchers import Fingerprint
from tests.alerts.conftest import NOW, print_of

PAGE, FILE, FRONT = "https://forum.example/t/1", "https://cdn.example/pic-77120.jpg", "https://forum.example/"
PAGE_FACTS = Facts(text_digest="page")


@dataclass(frozen=True)
class Look:
    url: str = PAGE
    at: datetime = NOW
    status: int | None = 404
    final_url: str | None = PAGE
    content_type: str | None = "text/html"
    fingerprint: Fingerprint | None = None
    refusal: str | None = None
    facts: Facts = PAGE_FACTS


GONE_PAGE = Look()
GONE_FILE = Look(url=FILE, final_url=FILE)
OK_PAGE = Look(status=200, facts=Facts(length=500, whole=True, text_digest="page"))
PICTURE = Look(url=FILE, final_url=FILE, status=200, content_type="image/jpeg", fingerprint=print_of(1))
PLACEHOLDER = replace(PICTURE, fingerprint=print_of(2))
ALIVE = Look(url=FRONT, final_url=FRONT, status=200, facts=Facts(length=900, text_digest="front"))
YESTERDAY = NOW - timedelta(days=1)


def is_near(fingerprint: Fingerprint) -> bool:
    return fingerprint == print_of(1)


def later(look: Look, **by: float) -> Look:
    return replace(look, at=look.at + timedelta(**by))


def saying(*says: str, **facts: object) -> Look:
    return replace(OK_PAGE, facts=Facts(says=says, **{"length": 60, "whole": True, **facts}))


def judged(page: Look | list[Look], picture: Look | None = GONE_FILE, front: Look | None = ALIVE, **more) -> Verdict:
    pages = page if isinstance(page, list) else [page]
    known = {"gone_once_at": more.pop("gone_once_at", YESTERDAY)}
    seen = Seen(pages, [picture] if picture else [], [front] if front else [], names_of(FILE), **more)
    return verdict(seen, is_near, **known)


def test_gone_needs_two_looks_some_time_apart():
    assert judged(GONE_PAGE, gone_once_at=None) == Verdict("unknown", "gone-once")
    assert judged([GONE_PAGE, later(GONE_PAGE, minutes=1)], gone_once_at=None).outcome == "unknown"
    assert judged([GONE_PAGE, later(GONE_PAGE, hours=1)], gone_once_at=None) == Verdict("gone", "absent-twice")


def test_an_earlier_re_check_counts_as_the_first_look():
    assert judged(GONE_PAGE).outcome == "gone"
    assert judged(replace(GONE_PAGE, status=410), picture=None).outcome == "gone"


@pytest.mark.parametrize(
    "front",
    [
        None,
        replace(ALIVE, status=404),
        replace(ALIVE, status=502),
        replace(ALIVE, status=None, refusal="timeout"),
        replace(ALIVE, status=451),
        replace(ALIVE, facts=Facts(says=("challenge",))),
        replace(ALIVE, facts=Facts(text_digest="page")),
    ],
)
def test_a_host_whose_front_page_does_not_answer_as_a_living_site_is_not_believed(front):
    assert judged(GONE_PAGE, front=front).outcome == "unknown"


@pytest.mark.parametrize(
    ("page", "picture", "expected"),
    [
        (OK_PAGE, PICTURE, "still-there"),
        (GONE_PAGE, PICTURE, "still-there"),
        (replace(OK_PAGE, facts=Facts(shown=(print_of(2), print_of(1)))), GONE_FILE, "still-there"),
        (replace(OK_PAGE, final_url="https://new.example/a", facts=Facts(shown=(print_of(1),))), GONE_FILE, "moved"),
        (OK_PAGE, GONE_FILE, "unknown"),
        (OK_PAGE, PLACEHOLDER, "unknown"),
        (GONE_PAGE, PLACEHOLDER, "unknown"),
        (GONE_PAGE, replace(GONE_FILE, status=None, refusal="timeout"), "unknown"),
        (GONE_PAGE, replace(GONE_FILE, status=403), "unknown"),
        (replace(OK_PAGE, final_url=FRONT), GONE_FILE, "soft-404"),
        (saying("removed"), replace(GONE_FILE, status=403), "soft-404"),
        (saying("removed"), GONE_FILE, "gone"),
        (saying("removed", names=names_of(FILE)), GONE_FILE, "unknown"),
        (saying("not-found"), GONE_FILE, "soft-404"),
        (replace(OK_PAGE, final_url="https://forum.example/login"), PLACEHOLDER, "login-wall"),
        (saying("geo"), GONE_FILE, "geo-blocked"),
        (saying("challenge"), GONE_FILE, "blocked"),
        (replace(GONE_PAGE, facts=Facts(says=("challenge",))), GONE_FILE, "blocked"),
        (replace(GONE_PAGE, facts=Facts(names=names_of("https://other.example/pic-77120.jpg"))), GONE_FILE, "unknown"),
        (replace(GONE_PAGE, status=503), replace(GONE_FILE, status=503), "host-down"),
        (replace(GONE_PAGE, status=403), replace(GONE_FILE, status=403), "blocked"),
        (replace(GONE_PAGE, status=451), replace(GONE_FILE, status=429), "geo-blocked"),
        (replace(GONE_PAGE, status=None, refusal="robots"), replace(GONE_FILE, status=401), "blocked"),
        (replace(GONE_PAGE, status=None, refusal="dns"), GONE_FILE, "host-down"),
        (replace(GONE_PAGE, refusal="cut-short"), GONE_FILE, "unknown"),
    ],
)
def test_one_look_at_a_page_and_its_picture(page, picture, expected):
    assert judged(page, picture).outcome == expected


def test_a_living_page_without_the_picture_is_gone_only_where_it_was_seen_in_it_before():
    assert judged(OK_PAGE, on_page_before=True) == Verdict("gone", "not-on-the-page")
    assert judged(replace(OK_PAGE, facts=Facts(length=500, whole=False)), on_page_before=True).outcome == "unknown"
    assert judged(replace(OK_PAGE, facts=Facts(length=10, whole=True)), on_page_before=True).outcome == "unknown"
    assert was_on_page(["gone-once", "on-the-page"])
    assert not was_on_page(["picture-found"])


def test_a_single_look_that_disagrees_keeps_gone_from_being_said():
    mixed = [GONE_PAGE, later(OK_PAGE, hours=1), later(GONE_PAGE, hours=2)]
    assert judged(mixed).outcome == "unknown"
    assert verdict(Seen([]), is_near) == Verdict("unknown", "not-looked")


def test_a_cache_that_still_serves_the_file_is_named():
    cached = replace(PICTURE, facts=Facts(headers={"x-cache": "HIT from edge"}))
    assert judged(GONE_PAGE, cached) == Verdict("still-there", "a-cache-serves-it")
