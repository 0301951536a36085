"""Trails: the links of a page that lead to other rooms, with the words around them. Runs in a killable worker."""

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit

from crawler.discovery.announcing import announces
from crawler.discovery.rooms import is_invitation, room_of, site_of_link
from crawler.images.addresses import absolute, is_other_file, is_picture_file
from crawler.images.markup import Element, html_tree, local_name
from crawler.images.page import base_of
from crawler.items import Trail

MOST = 200
"""Links to rooms that are kept of one page."""
BLOCKS = frozenset(
    {
        "p",
        "li",
        "td",
        "th",
        "dd",
        "dt",
        "div",
        "article",
        "section",
        "blockquote",
        "figcaption",
        "body",
        "main",
        "aside",
    }
    | {"h1", "h2", "h3", "h4", "h5", "h6"}
)
WORDS = 400
LITTLE = 120
NEAR = 50
"""Pieces of text over which the length of a block is watched while it is read."""
LONGEST_TITLE = 200
BARE = re.compile(
    r"(?<![\w/@.])(?:https?://)?(?:t\.me|telegram\.me)/[A-Za-z0-9_/+]{4,60}|https?://[^\s<>\"'()\]]{6,300}"
)
HANDLE = re.compile(r"(?<![\w/@.])@([A-Za-z][A-Za-z0-9_]{4,31})\b")
POST_NAME = re.compile(r"[A-Za-z0-9_]{3,64}/\d{1,12}")


def job(untrusted: bytes, *, address: str, content_type: str = "") -> dict[str, Any]:
    """Return the page's title and its trails, as plain JSON values."""
    return told(html_tree(untrusted, content_type), address)


def told(tree: Element | None, address: str) -> dict[str, Any]:
    """Return what `job` returns, of a page whose tree is made already (None: there is nothing in it)."""
    if tree is None:
        return {"title": None, "trails": []}
    return {"title": title_of(tree), "trails": [trail.to_json() for trail in trails(tree, address)]}


def title_of(tree: Element) -> str | None:
    """Return what the page calls itself: og:title (a channel's name), else <title>."""
    for meta in tree.iter("meta"):
        if (meta.get("property") or "").lower() == "og:title" and (meta.get("content") or "").strip():
            return _clean(meta.get("content"))[:LONGEST_TITLE]
    for node in tree.iter("title"):
        if words := _clean(node.text_content() if hasattr(node, "text_content") else "".join(node.itertext())):
            return words[:LONGEST_TITLE]
    return None


def trails(tree: Element, address: str) -> list[Trail]:
    """Return the links that lead to rooms, each once for a page or post, announcements first of all."""
    found: dict[tuple[str, str], Trail] = {}
    for trail in _Page(address, base_of(tree, address)).read(tree):
        key = (trail.page_url, trail.address)
        if key not in found or (trail.announced and not found[key].announced):
            found[key] = trail
    return sorted(found.values(), key=lambda one: not one.announced)[:MOST]


class _Page:
    """One page while it is read: the words of a block are put together once, however many links it has."""

    def __init__(self, address: str, base: str) -> None:
        self.address, self.base = address, base
        parts = urlsplit(address)
        self.site = f"{parts.scheme}://{parts.netloc}/"
        # What stands around the items of a list is the same for all of them.
        self._words_of: dict[Element, tuple[str, bool]] = {}
        self._said_by: dict[Element, str] = {}
        self._announced: dict[str, bool] = {}

    def read(self, tree: Element) -> Iterator[Trail]:
        for node in tree.iter():
            name = local_name(node)
            if name == "a" and node.get("href"):
                yield from self._trail(node.get("href"), node)
            elif name in BLOCKS:
                yield from self._written_out(node)

    def _written_out(self, block: Element) -> Iterator[Trail]:
        """Addresses and @names that a post only spells out."""
        own = " ".join([block.text or "", *(child.tail or "" for child in block)])
        if "@" not in own and "/" not in own:
            return
        for spelled in BARE.findall(own):
            link = spelled if "://" in spelled else f"https://{spelled}"
            yield from self._trail(link.rstrip(".,;:!?"), block, spelled)
        if self._words(block)[1]:
            for handle in HANDLE.findall(own):
                yield from self._trail(f"https://t.me/{handle}", block, f"@{handle}")

    def _trail(self, href: str, node: Element, spelled: str = "") -> Iterator[Trail]:
        """The trail that an address at a node is, if it is one; `spelled` is how a block itself writes it out."""
        url = absolute(self.base, href)
        if url is None or not _may_lead_away(url):
            return
        room = room_of(url)
        if room is None and url.startswith(self.site):
            return  # nearly every link leads on within the site: the words around it are not asked for
        words, announced = self._words(node if spelled else _block(node))
        room = room or (site_of_link(url) if announced else None)
        if room is not None and not self.address.startswith(room.address):
            about = words if announced else spelled or _clean("".join(node.itertext())) or words
            yield Trail(_post_of(node, self.address), room.address, room.kind, about[:WORDS], announced)

    def _words(self, block: Element) -> tuple[str, bool]:
        """Return what a block says, with what stands around it when it says little, and whether it announces."""
        if block not in self._words_of:
            words = self._said(block)
            parent = block.getparent()
            if len(words) < LITTLE and parent is not None and len(around := self._said(parent)) <= 2 * WORDS:
                words = around or words
            self._words_of[block] = (words, self._announces(words))
        return self._words_of[block]

    def _said(self, block: Element) -> str:
        if block not in self._said_by:
            self._said_by[block] = _said(block)
        return self._said_by[block]

    def _announces(self, words: str) -> bool:
        if words not in self._announced:
            self._announced[words] = announces(words)
        return self._announced[words]


@lru_cache(maxsize=4_096)
def _may_lead_away(url: str) -> bool:
    return not (is_picture_file(url) or is_other_file(url) or is_invitation(url))


def _said(block: Element) -> str:
    """Return the words of a block; none of a block as long as a page, where everything stands near everything."""
    words: list[str] = []
    lately = 0
    for part in block.itertext():
        words.append(part)
        lately += len(part) - (len(words[-NEAR - 1]) if len(words) > NEAR else 0)
        if lately > 4 * WORDS or len(words) > 500:
            return ""
    clean = _clean("".join(words))
    return clean if len(clean) <= 4 * WORDS else ""


def _block(node: Element) -> Element:
    """Return the block a link stands in: the words of that block speak about it."""
    while (parent := node.getparent()) is not None and local_name(node) not in BLOCKS:
        node = parent
    return node


def _post_of(node: Element, address: str) -> str:
    """Return the page a link belongs to: the post of a channel preview, else the page itself."""
    for parent in node.iterancestors():
        name = parent.get("data-post") if isinstance(parent.tag, str) else None
        if name and POST_NAME.fullmatch(name):
            return absolute(address, f"/{name}") or address
    return address


def _clean(words: str) -> str:
    """Return the words on one line, without signs that would steer a terminal or turn the writing around."""
    line = " ".join(words.split())
    return line if line.isprintable() else "".join(sign for sign in line if sign.isprintable())
