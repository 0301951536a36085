"""Imageboards with a JSON API in the style of 4chan: a catalog of threads, and threads of posts with files.

Two dialects lay the same fields at other addresses: `4chan` (API, pages and pictures on hosts of their own) and
`vichan` (everything beside the board; also Tinyboard, 8kun-like boards). LynxChan's catalogs and threads name the paths
of their files and are read as they are. Source: github.com/4chan/4chan-API, and the boards' own API pages.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import quote

import ada_url

from crawler.images import Unreadable
from crawler.images.addresses import absolute, is_picture_file, is_video_file
from crawler.images.collected import Collected
from crawler.places import fields
from crawler.places.answers import Answer, Asked, Further, Post, markup, post
from crawler.places.recognised import LIKELY, SURE, Sign

KIND = "imageboard"
REFUSALS = {
    "not-a-board": "The answer is JSON, but neither a catalog nor a thread of an imageboard. Start at the board "
    "(https://board.example/b/) or its catalog.json.",
}
API_HOST = "a.4cdn.org"
BOARD = re.compile(r"(?P<base>/(?:[^/]+/)*?)(?P<board>[A-Za-z0-9_]{1,30})/?$")
CATALOG = re.compile(r"(?P<base>/(?:[^/]+/)*?)(?P<board>[A-Za-z0-9_]{1,30})/(?:catalog|index|threads)?(?:\.\w+)?$")
THREAD = re.compile(
    r"(?P<base>/(?:[^/]+/)*?)(?P<board>[A-Za-z0-9_]{1,30})/(?P<folder>thread|res)/(?P<number>\d{1,15})(?:/[^/]*)?(?:\.\w+)?$"
)
EXTENSION = re.compile(r"\.[A-Za-z0-9]{1,8}")
NAME = re.compile(r"[\w.-]{1,80}")
VIDEO = (".webm", ".mp4", ".mov", ".m4v", ".ogv")
MOST_THREADS = 2_000


@dataclass(frozen=True, slots=True)
class Board:
    """Where one board keeps its threads (`api`), what people open (`pages`), and its files (`files`, `thumbs`)."""

    api: str
    pages: str
    files: str
    thumbs: str
    thumb: str

    @classmethod
    def at(cls, address: str, options: Mapping[str, str]) -> "Board":
        """Return the layout of the board an API address belongs to."""
        url = ada_url.URL(address)
        found = THREAD.match(str(url.pathname)) or CATALOG.match(str(url.pathname))
        if found is None:
            raise Unreadable("not-a-board", REFUSALS["not-a-board"])
        name, home = found["board"], f"{url.origin}{found['base']}{found['board']}"
        if options.get("style", "4chan" if url.hostname == API_HOST else "vichan") == "4chan":
            pages = options.get("pages", "https://boards.4chan.org").rstrip("/")
            files = options.get("pictures", "https://i.4cdn.org").rstrip("/")
            return cls(
                f"{home}/thread/{{}}.json",
                f"{pages}/{name}/thread/{{}}#p{{}}",
                f"{files}/{name}/",
                f"{files}/{name}/",
                "s.jpg",
            )
        return cls(f"{home}/res/{{}}.json", f"{home}/res/{{}}.html#{{}}", f"{home}/src/", f"{home}/thumb/", ".jpg")


def recognise(address: str, page: str) -> Sign | None:
    """A board of the well-known hosts, or a page made by the usual software."""
    if any(f"://{host}/" in address for host in (API_HOST, "boards.4chan.org", "boards.4channel.org")):
        return Sign(SURE, "it is a board of 4chan")
    if any(word in page for word in ("var board_name", "Tinyboard", "vichan", "LynxChan", "data-boarduri")):
        return Sign(SURE, "its pages name an imageboard's software")
    if 'class="thread"' in page and ('class="fileText"' in page or 'class="fileinfo"' in page):
        return Sign(LIKELY, "its pages look like an imageboard's threads")
    return None


def asked(address: str) -> str:
    """Return the API's address for the address of a board or thread that people open."""
    url = ada_url.URL(address)
    path = str(url.pathname)
    if path.endswith(".json"):
        return address
    if thread := THREAD.match(path):
        url.pathname = f"{thread['base']}{thread['board']}/{thread['folder']}/{thread['number']}.json"
    elif board := CATALOG.match(path) or BOARD.match(path):
        url.pathname = f"{board['base']}{board['board']}/catalog.json"
    url.search = ""
    return str(url.href)


def read(untrusted: bytes, asked: Asked) -> Answer:
    """Read a catalog or a thread; raise Unreadable ("not-a-board", "malformed-json", "not-json")."""
    found, board = fields.tree(untrusted), Board.at(asked.address, asked.options)
    if isinstance(found, list):
        return _catalog(found, board, asked)
    if isinstance(found, dict) and "threads" in found and "posts" not in found:
        return _catalog([found], board, asked)
    if isinstance(found, dict) and "posts" in found:
        return Answer(tuple(_thread(found, board, asked.address)))
    raise Unreadable("not-a-board", REFUSALS["not-a-board"])


def _catalog(pages: list[Any], board: Board, asked: Asked) -> Answer:
    """Every thread with its first picture; those that moved last come first, as the board shows them."""
    threads = [thread for page in fields.each(_pages_of(pages)) for thread in fields.each(page, "threads")]
    if pages and not threads and not any(isinstance(page, dict) and "threads" in page for page in pages):
        raise Unreadable("not-a-board", REFUSALS["not-a-board"])
    live, refusals = asked.fresh(threads, _moved)
    posts, further = [], []
    for thread in live[:MOST_THREADS]:
        number = _number(thread)
        if number:
            posts.append(_post(thread, number, board, asked.address))
            further.append(Further(board.api.format(number), deeper=True))
    return Answer(tuple(posts), tuple(further), refusals)


def _pages_of(catalog: list[Any]) -> list[Any]:
    """A LynxChan catalog is one list of threads; 4chan's is a list of pages of threads."""
    if any(isinstance(one, dict) and "threadId" in one for one in catalog):
        return [{"threads": catalog}]
    return catalog


def _thread(thread: fields.Node, board: Board, address: str) -> Iterator[Post]:
    """LynxChan keeps the first post in the thread itself, the others in `posts`."""
    posts = list(fields.each(thread, "posts"))
    number = _number(thread) or next((fields.number(one, "resto") or _number(one) for one in posts), 0)
    if _number(thread):
        posts.insert(0, thread)
    for one in posts:
        yield _post(one, number, board, address)


def _post(one: fields.Node, thread: int, board: Board, address: str) -> Post:
    page = board.pages.format(thread, _number(one) or thread)
    collected = Collected(page)
    for file in (one, *fields.each(one, "extra_files")):
        _file(file, board, collected)
    for file in fields.each(one, "files"):
        _named_file(file, address, collected)
    if "thumb" in one and "files" not in one:
        collected.picture(absolute(address, fields.text(one, "thumb")), "thumb")
    markup(fields.text(one, "com") or fields.text(one, "markdown"), collected)
    return post(page, collected)


def _file(file: fields.Node, board: Board, collected: Collected) -> None:
    """One file: its picture, or what stands for a video. What was deleted says so."""
    extension, name = fields.text(file, "ext").lower(), str(file.get("tim", ""))
    if not EXTENSION.fullmatch(extension) or not NAME.fullmatch(name) or fields.number(file, "filedeleted"):
        return
    if extension in VIDEO:
        collected.picture(f"{board.thumbs}{quote(name)}{board.thumb}", "video thumb")
        if is_video_file(extension):
            collected.video(f"{board.files}{quote(name)}{extension}")
    elif is_picture_file(extension):
        collected.picture(f"{board.files}{quote(name)}{extension}", "file")


def _named_file(file: fields.Node, address: str, collected: Collected) -> None:
    """LynxChan names the path of every file and of its thumbnail."""
    is_picture = fields.text(file, "mime").startswith("image/")
    path = fields.text(file, "path") if is_picture else fields.text(file, "thumb")
    collected.picture(absolute(address, path), "file" if is_picture else "video thumb")
    if is_video_file(fields.text(file, "path")):
        collected.video(absolute(address, fields.text(file, "path")))


def _number(one: fields.Node) -> int:
    return fields.number(one, "no") or fields.number(one, "postId") or fields.number(one, "threadId")


def _moved(thread: fields.Node) -> datetime | None:
    return (
        fields.moment(thread, "last_modified")
        or fields.moment(thread, "lastBump")
        or fields.moment(thread, "time")
        or fields.moment(thread, "creation")
    )
