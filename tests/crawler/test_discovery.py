"""New places are proposed with the evidence, never crawled unasked; mirrors and echoes are told from places."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select
from typer.testing import CliRunner

from crawler import schema
from crawler.discovery.announcing import announces
from crawler.discovery.candidates import forget_pages
from crawler.discovery.echoes import echo
from crawler.discovery.kinship import alike
from crawler.discovery.rooms import covers, is_invitation, room_of
from crawler.discovery.trails import job
from crawler.targets import CrawlTarget
from portal.cli import build
from tests.crawler.conftest import Answer

NOW = datetime.now(UTC)


@pytest.mark.parametrize(
    "words",
    [
        "We've moved to a new channel, see you there",
        "Backup channel: t.me/spare_room",
        "This group was deleted, join us here instead",
        "in case this channel gets banned again",
        "방 이사했습니다. 여기로 오세요",
        "새 채널 주소",
        "백업방 입니다",
        "채널이 터졌습니다 다시 팠어요",
        "게시판 이전 안내",
    ],
)
def test_announcements_are_understood_in_korean_and_english(words):
    assert announces(words)


@pytest.mark.parametrize(
    "words",
    [
        "Photos of our holiday",
        "이전 글 | 다음 글",
        "Move the picture to the left",
        "사진 모음",
        "new photos every day",
        "방학 사진",
    ],
)
def test_ordinary_words_are_no_announcement(words):
    assert not announces(words)


@pytest.mark.parametrize(
    ("link", "kind", "address"),
    [
        ("https://t.me/Room_Two/55", "telegram", "https://t.me/s/room_two"),
        ("https://t.me/s/room_two?before=9", "telegram", "https://t.me/s/room_two"),
        ("https://old.reddit.com/r/Pics/comments/1/x/", "reddit", "https://www.reddit.com/r/pics/"),
        ("https://social.example/@room", "mastodon", "https://social.example/@room"),
        ("https://chan.example/b/thread/123", "imageboard", "https://chan.example/b/"),
        ("https://gall.example/board/lists?id=room&page=3", "pages", "https://gall.example/board/lists?id=room"),
        ("https://forum.example/viewforum.php?f=7&start=25", "pages", "https://forum.example/viewforum.php?f=7"),
    ],
)
def test_a_link_anywhere_in_a_room_leads_to_its_beginning(link, kind, address):
    room = room_of(link)
    assert room is not None
    assert (room.kind, room.address) == (kind, address)


@pytest.mark.parametrize("link", ["https://t.me/+AbCdEf", "https://t.me/joinchat/AbC", "https://discord.gg/abc"])
def test_invitations_lead_behind_a_door_and_are_never_proposed(link):
    assert is_invitation(link)
    assert room_of(link) is None
    page = f'<p>We moved to a new channel: <a href="{link}">come</a></p>'.encode()
    assert job(page, address="https://board.example/")["trails"] == []


@pytest.mark.parametrize(
    ("address", "name"),
    [
        ("https://web.archive.org/web/2024/https://board.example/1", "mirror"),
        ("https://archive.ph/abcde", "mirror"),
        ("https://nitter.example/room", "mirror"),
        ("https://tgstat.com/channel/@room", "mirror"),
        ("https://board-example.translate.goog/1?_x_tr_sl=ko", "proxy"),
        ("https://proxy.example/?__cpo=https://board.example/1", "proxy"),
        ("https://lens.google.com/uploadbyurl?url=https://board.example/a.jpg", "reverse-search"),
        ("https://yandex.com/images/search?rpt=imageview&url=https%3A%2F%2Fboard.example%2Fa.jpg", "reverse-search"),
        ("https://tineye.com/search/abc", "reverse-search"),
        ("https://find.example/?q=board.example%2F1", "search"),
        ("https://find.example/search?query=https://other.example/", "search"),
        ("https://other.example/page?next=https%3A%2F%2Fboard.example%2F1", "echo"),
        ("https://other.example/https://board.example/1", "echo"),
        ("https://t.me/share/url?url=https://board.example/1", "echo"),
    ],
)
def test_mirrors_proxies_searches_and_echoes_are_named_and_are_no_places(address, name):
    assert echo(address, frozenset({"board.example"})) == name
    assert room_of(address) is None or name == "search"


@pytest.mark.parametrize(
    "address",
    [
        "https://board.example/free/thread/1?page=2",
        "https://other.example/search?q=holiday",
        "https://board.example/?s=photo",
        "https://t.me/s/room_two?before=100",
    ],
)
def test_ordinary_addresses_are_no_echo(address):
    assert echo(address, frozenset({"board.example"})) is None


def test_names_that_differ_by_numbers_and_empty_words_are_alike():
    assert alike("photo_room_kr", "photo_room_kr2")
    assert alike("사진 모음방", "새 사진 모음방 (백업)")
    assert not alike("photo_room", "garden_club")
    assert not alike("b", "b")


@pytest.fixture
def watchlight(private_home):
    runner = CliRunner()
    return lambda *arguments: runner.invoke(build(), list(arguments))


@pytest.fixture
def told(site, drawn, target_of, crawl, store):
    """A crawled board: one thread announces a successor, one shows a picture with a link to a channel beside it."""
    site.pages["/"] = Answer('<title>Photo room</title><a href="/t/1">1</a><a href="/t/2">2</a>')
    site.pages["/t/1"] = (
        "<p>방이 터졌습니다. 새 채널: https://t.me/photo_room2</p><a href='/t/1?u=https://x.example/'>x</a>"
    )
    site.pages["/t/2"] = '<img src="/a.jpg"><p>more like this in <a href="https://t.me/other_room/7">a room</a></p>'
    site.picture("/a.jpg", drawn(1))
    target_of(site, "photo_room")
    done = crawl("photo_room")
    assert done.returncode == 0, done.stderr
    return site


def test_an_announced_room_becomes_a_candidate_with_evidence_and_is_not_crawled(told, store, watchlight):
    shown = [json.loads(line) for line in watchlight("target", "candidates", "--json").stdout.splitlines()]
    (one,) = shown
    assert (one["address"], one["kind"], one["state"]) == ("https://t.me/s/photo_room2", "telegram", "open")
    (evidence,) = one["evidence"]
    assert (evidence["why"], evidence["target"], evidence["page_url"]) == ("announced", "photo_room", told.url("/t/1"))
    assert "새 채널" in evidence["words"]
    assert [target.name for target in store.targets.all()] == ["photo_room"]


def test_a_link_beside_a_match_is_proposed_once_the_page_is_marked_and_nothing_says_whose_it_is(told, store):
    assert store.candidates.gather(NOW) == 1
    store.log.mark([told.url("/t/2")])
    assert store.candidates.gather(NOW) == 1
    assert store.candidates.gather(NOW) == 0
    both = {one.address: [each.why for each in one.evidence] for one in store.candidates.all()}
    assert both == {"https://t.me/s/photo_room2": ["announced"], "https://t.me/s/other_room": ["beside-match"]}
    with store.engine.begin() as connection:
        forget_pages(connection, [schema.address_key(told.url("/t/2"))])
    assert [one.address for one in store.candidates.all()] == ["https://t.me/s/photo_room2"]
    assert store.candidates.gather(NOW) == 0


def test_an_operator_accepts_or_declines_with_one_command_and_is_not_asked_again(told, store, watchlight):
    store.log.mark([told.url("/t/2")])
    watchlight("target", "candidates")
    by_address = {one.address: one.id for one in store.candidates.all()}
    accepted = watchlight("target", "accept", str(by_address["https://t.me/s/photo_room2"]))
    assert accepted.exit_code == 0, accepted.output
    target = store.targets.get("t.me-photo_room2")
    assert (target.kind, target.urls) == ("telegram", ("https://t.me/s/photo_room2",))
    assert "announced in photo_room" in target.reason
    assert watchlight("target", "decline", str(by_address["https://t.me/s/other_room"])).exit_code == 0
    assert "no candidates" in watchlight("target", "candidates").stdout
    assert watchlight("target", "accept", "99").exit_code == 2
    assert "no candidate 99" in watchlight("target", "decline", "99").stderr


def test_a_page_made_by_our_own_request_is_not_followed_and_is_counted_by_name(told, store):
    assert store.pages.last_runs()["photo_room"].refusals == {"echo": 1}
    assert not any("u=https" in path for path in told.asked)


def test_trails_and_marks_are_forgotten_with_the_sightings_beside_them(told, store):
    store.log.mark([told.url("/t/2")])
    assert store.candidates.forget_before(NOW + timedelta(days=31)) == 2
    assert store.candidates.gather(NOW) == 0


def test_a_closed_room_and_its_successor_are_shown_together_with_their_shares_counted(
    sites, drawn, target_of, crawl, store, watchlight
):
    old, new = sites(), sites()
    for number in range(4):
        old.picture(f"/{number}.jpg", drawn(number))
    old.pages["/"] = "<title>Photo room</title>" + "".join(f'<img src="/{number}.jpg">' for number in range(4))
    target_of(old, "old_room")
    assert crawl("old_room").returncode == 0
    old.pages = {}
    assert crawl("old_room").returncode == 0
    # Three come back: two as the same files, one saved anew; and one that was never there.
    new.pages["/"] = "<title>New photo room 2</title>" + "".join(f'<img src="/n{number}.jpg">' for number in range(4))
    for number, file in enumerate((drawn(0), drawn(1), drawn(2, kind="PNG"), drawn(77))):
        new.picture(f"/n{number}.jpg", file)
    target_of(new, "new_room")
    assert crawl("new_room").returncode == 0
    (kin,) = store.kin.of_target(store.targets.get("new_room"), store.targets.all())
    assert (kin.of, kin.verdict, kin.pictures, kin.compared, kin.title) == ("old_room", "successor", 3, 4, True)
    assert "may be the successor of old_room, which is gone since" in watchlight("target", "kin", "new_room").stdout
    assert "3 of 4 pictures are the same" in watchlight("target", "show", "new_room").stdout


def test_a_room_with_all_pictures_of_one_that_still_answers_is_a_mirror(sites, drawn, target_of, crawl, store):
    for name in ("first", "second"):
        site = sites()
        site.pages["/"] = "".join(f'<img src="/{number}.jpg">' for number in range(6))
        for number in range(6):
            site.picture(f"/{number}.jpg", drawn(number))
        target_of(site, name)
    assert crawl("first", "second").returncode == 0
    (kin,) = store.kin.of_target(store.targets.get("second"), store.targets.all())
    assert (kin.verdict, kin.pictures) == ("mirror", 6)
    assert "no find of its own" in kin.in_words()


def test_signs_that_steer_a_terminal_do_not_get_into_the_words():
    page = "<p>we moved to \x1b[31ma new channel\u202e https://t.me/photo_room2</p>".encode()
    (trail,) = job(page, address="https://board.example/")["trails"]
    assert trail["words"].isprintable()


def test_links_within_the_site_are_no_trails_however_loudly_the_page_announces():
    page = b'<p>We moved to <a href="/new">our new channel</a> and <a href="https://new.example/x">a new site</a></p>'
    told = job(page, address="https://forum.example/t/1", content_type="text/html")
    assert [one["address"] for one in told["trails"]] == ["https://new.example/"]


def test_relative_links_to_rooms_stand_on_what_the_page_says_they_stand_on():
    page = b'<base href="https://t.me/"><p>Backup channel: <a href="spare_room">here</a></p>'
    told = job(page, address="https://forum.example/t/1", content_type="text/html")
    assert [one["address"] for one in told["trails"]] == ["https://t.me/s/spare_room"]


def test_a_page_of_links_without_end_is_read_in_time_and_only_so_many_are_kept():
    page = b"<div>" + b"".join(b'<a href="https://t.me/room_%d">we moved to</a> ' % n for n in range(5_000)) + b"</div>"
    assert len(job(page, address="https://board.example/")["trails"]) == 200


def test_a_channel_is_watched_only_when_it_is_a_target_itself(store):
    watched = CrawlTarget("room", ("https://t.me/s/photo_room",), kind="telegram")
    assert covers(watched, "https://t.me/s/photo_room")
    assert not covers(watched, "https://t.me/s/photo_room2")
    with store.engine.connect() as connection:
        assert connection.execute(select(schema.candidates)).all() == []
