"""Whatever differs from the demo's claims is named: a reality that agrees is broken in one place at a time."""

from dataclasses import replace
from email.message import EmailMessage

import pytest

from portal.demo.cast import CAST
from portal.demo.claims import Exposed, Reality, disagreements, rows
from portal.demo.planted import PLANTED, Expected, Planted

FORUM = "http://127.0.0.1:40001"


def mail_to(email: str, phrase: str, words: str = "Hello.") -> EmailMessage:
    mail = EmailMessage()
    mail["To"], mail["From"], mail["Subject"] = email, "watch@portal.example", "You have an update"
    mail.set_content(f"{words} {phrase}")
    return mail


def exposed(plant: Planted) -> Exposed:
    kind = sorted(plant.kinds)[-1]
    return Exposed(plant.person, plant.site, plant.page, plant.picture_host, plant.picture, kind, 12)


def as_claimed() -> Reality:
    """Everything happened exactly as the demo says."""
    found = [plant for plant in PLANTED if plant.expected is Expected.FOUND]
    seen = {plant.name: 12 if plant in found else 118 for plant in PLANTED if plant.expected is not Expected.UNSEEN}
    return Reality(
        exposures=[exposed(plant) for plant in found],
        distances=seen,
        visits={"closed": ["/robots.txt"], "doubtful": ["/robots.txt"], "forum": ["/robots.txt", "/"]},
        mails=[mail_to(role.email, role.phrase) for role in CAST],
        notices={"ko": "통지", "en": "notice"},
        bases={"forum": FORUM},
    )


def planted(name: str) -> Planted:
    return next(plant for plant in PLANTED if plant.name == name)


def test_a_reality_as_claimed_has_no_disagreement() -> None:
    assert disagreements(PLANTED, as_claimed()) == []


def test_a_copy_that_was_seen_but_not_matched_is_named() -> None:
    reality = as_claimed()
    reality.exposures = [one for one in reality.exposures if one.picture != planted("park-captioned").picture]

    assert disagreements(PLANTED, reality) == ["park-captioned on forum: seen, but nobody was matched"]


def test_a_claimed_copy_that_is_nowhere_is_named() -> None:
    invented = replace(planted("park-captioned"), change="messenger", site="blog", host="")

    wrong = disagreements([*(plant for plant in PLANTED if plant.name != "park-messenger"), invented], as_claimed())

    assert "park-messenger on blog: seen, but nobody was matched" in wrong


def test_a_decoy_that_matches_is_named() -> None:
    reality = as_claimed()
    reality.exposures.append(exposed(planted("decoy")))

    assert disagreements(PLANTED, reality) == [
        "decoy on channel: it matched 김예시 (Kim Example), though we claim: silent"
    ]


def test_a_decoy_that_was_never_seen_proves_nothing() -> None:
    reality = as_claimed()
    del reality.distances["decoy"]

    assert disagreements(PLANTED, reality) == ["decoy on channel: never seen, so its silence proves nothing"]


def test_a_match_of_the_wrong_person_is_named() -> None:
    reality = as_claimed()
    reality.exposures.append(replace(exposed(planted("park-captioned")), person="sample"))

    assert "nobody planted this: Sam Sample matched on forum /thread/12?page=3" in disagreements(PLANTED, reality)


def test_a_match_of_a_picture_nobody_planted_is_named() -> None:
    reality = as_claimed()
    reality.exposures.append(Exposed("kim", "forum", "/thread/15", "forum", "/files/2026/11/0000.jpg", "whole", 20))

    assert len(disagreements(PLANTED, reality)) == 1


def test_the_wrong_kind_of_match_is_named() -> None:
    reality = as_claimed()
    flipped = planted("kim-mirrored").picture
    reality.exposures = [replace(one, kind="whole") if one.picture == flipped else one for one in reality.exposures]

    assert disagreements(PLANTED, reality) == ["kim-mirrored on gallery: the match is called whole, we claim flipped"]


@pytest.mark.parametrize("site", ["closed", "doubtful"])
def test_a_closed_site_that_was_asked_for_more_than_robots_is_named(site: str) -> None:
    reality = as_claimed()
    reality.visits[site].append("/album")

    assert disagreements(PLANTED, reality) == [f"the {site} site was asked for /album"]


def test_a_closed_site_nobody_came_to_proves_nothing() -> None:
    reality = as_claimed()
    reality.visits["closed"] = []

    assert len(disagreements(PLANTED, reality)) == 1


@pytest.mark.parametrize(
    ("words", "fault"),
    [
        (f"Look at {FORUM}/thread/12", "holds an address"),
        ("Look at https://forum.example", "holds an address"),
        ("Host 127.0.0.1:40001", "holds an address"),
        (f"File {planted('kim-resized').picture}", "names a picture file"),
    ],
)
def test_a_mail_that_tells_where_is_named(words: str, fault: str) -> None:
    reality = as_claimed()
    reality.mails[0] = mail_to(CAST[0].email, CAST[0].phrase, words)

    assert f"the mail to {CAST[0].name} {fault}" in disagreements(PLANTED, reality)


def test_a_mail_without_the_persons_phrase_or_with_a_picture_is_named() -> None:
    reality = as_claimed()
    reality.mails[0] = mail_to(CAST[0].email, "another phrase")
    reality.mails[1].add_attachment(b"\xff\xd8\xff", maintype="image", subtype="jpeg")

    assert disagreements(PLANTED, reality) == [
        f"the mail to {CAST[0].name} lacks the phrase the person chose",
        f"the mail to {CAST[1].name} has an attachment",
    ]


def test_a_mail_that_never_came_or_went_to_a_stranger_is_named() -> None:
    reality = as_claimed()
    reality.mails[2] = mail_to("stranger@mail.example", CAST[2].phrase)

    assert disagreements(PLANTED, reality) == [
        "Sam Sample has news, but no mail arrived",
        "a mail went to somebody who is not in the demo",
    ]


def test_leftovers_a_broken_crawl_and_a_missing_letter_are_named() -> None:
    reality = as_claimed()
    reality.leftovers, reality.crawl_exit, reality.notices = ["crawl.sqlite3 holds PNG bytes"], 1, {"ko": "통지"}

    assert len(disagreements(PLANTED, reality)) == 3


def test_without_a_browser_the_script_page_is_named_and_no_disagreement() -> None:
    reality = as_claimed()
    reality.browser = False
    reality.exposures = [one for one in reality.exposures if one.site != "app"]
    for name in ("park-mirrored", "sample-resized"):
        del reality.distances[name]

    assert disagreements(PLANTED, reality) == []
    unseen = [row for row in rows(PLANTED, reality) if row.planted.site == "app"]
    assert {(row.result, row.why) for row in unseen} == {("not looked at", "no browser found")}
