"""Rooms: which public channel, group or board a link leads to, whatever page of it was linked."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import parse_qs, urlsplit

from crawler.discovery.echoes import echo
from crawler.targets.model import CrawlTarget
from egress.addresses import BadAddress, normal

TELEGRAM = frozenset({"t.me", "telegram.me", "telegram.dog"})
TELEGRAM_RESERVED = frozenset(
    {"s", "c", "joinchat", "addstickers", "addemoji", "addlist", "addtheme", "share", "proxy", "socks", "iv", "login"}
    | {"setlanguage", "bg", "boost", "giftcode", "contact", "confirmphone", "invoice", "msg", "m", "k", "a"}
)
TELEGRAM_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{3,31}")
BOARD = re.compile(r"(/[a-z0-9]{1,5}/)(?:thread/|res/|catalog|index|page/|\d*$|$)")
FORUM = re.compile(
    r"^(.*/(?:viewforum|forumdisplay|board|bbs|lists?|category|forums?)(?:\.php)?(?:/[^/?]+)?/?)", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Room:
    """A public channel or board: the kind of spider that suits it, and the address where it begins."""

    kind: str
    address: str

    @property
    def name(self) -> str:
        """Return a short name, such as "t.me-channel", fit for a target."""
        parts = urlsplit(self.address)
        words = [parts.hostname or "", *(word for word in parts.path.split("/") if word not in ("", "s"))]
        return re.sub(r"[^\w.-]+", "-", "-".join(words))[:64].strip("-.")


@lru_cache(maxsize=4_096)
def room_of(untrusted: str) -> Room | None:
    """Return the room a link leads to, None where it leads to none we know, or to one that is not public."""
    try:
        address = normal(untrusted)
    except BadAddress:
        return None
    if echo(address) is not None:
        return None
    return next((room for reader in READERS if (room := reader(address)) is not None), None)


def site_of_link(untrusted: str) -> Room | None:
    """Return a whole site as a room, for links that an announcement names: "we moved to https://new.example"."""
    try:
        address = normal(untrusted)
    except BadAddress:
        return None
    if echo(address) is not None or is_invitation(address):
        return None
    parts = urlsplit(address)
    return Room("pages", f"{parts.scheme}://{parts.netloc}/")


@lru_cache(maxsize=4_096)
def is_invitation(address: str) -> bool:
    """Return whether a link leads behind a door: invitations are not public, and never followed or proposed."""
    parts = urlsplit(address)
    host, path = (parts.hostname or "").removeprefix("www."), parts.path
    if host in TELEGRAM:
        return path.startswith(("/+", "/joinchat")) or path.startswith("/c/")
    return host in ("discord.gg", "discord.com", "open.kakao.com", "chat.whatsapp.com", "signal.group", "line.me")


def covers(target: CrawlTarget, address: str) -> bool:
    """Return whether a room belongs to a target. A channel's host is shared: there only its own address covers it."""
    room = room_of(address)
    if room is not None and room.kind == "telegram":
        return any((known := room_of(url)) is not None and known.address == room.address for url in target.urls)
    return target.in_scope(address)


def _telegram(address: str) -> Room | None:
    parts = urlsplit(address)
    if (parts.hostname or "").removeprefix("www.") not in TELEGRAM:
        return None
    words = [word for word in parts.path.split("/") if word]
    if words[:1] == ["s"]:
        words = words[1:]
    if not words or words[0].lower() in TELEGRAM_RESERVED or not TELEGRAM_NAME.fullmatch(words[0]):
        return None
    return Room("telegram", f"https://t.me/s/{words[0].lower()}")


def _reddit(address: str) -> Room | None:
    parts = urlsplit(address)
    words = [word for word in parts.path.split("/") if word]
    if not (parts.hostname or "").endswith("reddit.com") or len(words) < 2 or words[0] != "r":
        return None
    return Room("reddit", f"https://www.reddit.com/r/{words[1].lower()}/")


def _fediverse(address: str) -> Room | None:
    """/@name and /tags/name of Mastodon, /c/name of Lemmy."""
    parts = urlsplit(address)
    words = [word for word in parts.path.split("/") if word]
    root = f"{parts.scheme}://{parts.netloc}"
    if words and re.fullmatch(r"@[A-Za-z0-9_]{2,30}", words[0]):
        return Room("mastodon", f"{root}/{words[0]}")
    if len(words) == 2 and words[0] == "tags":
        return Room("mastodon", f"{root}/tags/{words[1]}")
    if words[:1] == ["c"] and len(words) == 2 and re.fullmatch(r"[a-z0-9_]{3,30}(?:@[\w.-]+)?", words[1]):
        return Room("lemmy", f"{root}/c/{words[1]}")
    return None


def _imageboard(address: str) -> Room | None:
    parts = urlsplit(address)
    found = BOARD.match(parts.path)
    return Room("imageboard", f"{parts.scheme}://{parts.netloc}{found[1]}") if found and not parts.query else None


def _forum(address: str) -> Room | None:
    """A board of a forum: what numbers or names it stays in the address, pages and posts go."""
    parts = urlsplit(address)
    found = FORUM.match(parts.path)
    if found is None:
        return None
    named = {
        name: values[0] for name, values in parse_qs(parts.query).items() if name in ("id", "f", "fid", "bo_table")
    }
    query = "&".join(f"{name}={value}" for name, value in sorted(named.items()))
    return Room("pages", f"{parts.scheme}://{parts.netloc}{found[1]}{'?' + query if query else ''}")


READERS: tuple[Callable[[str], Room | None], ...] = (_telegram, _reddit, _fediverse, _imageboard, _forum)
