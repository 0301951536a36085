"""RSS 0.9-2.0 and Atom feeds, with Media RSS, enclosures, the HTML inside entries, and older parts (RFC 5005)."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from crawler.images import Seen, Unreadable
from crawler.images.addresses import absolute, is_picture_file
from crawler.images.collected import Collected
from crawler.images.elements import ICON
from crawler.images.markup import Element, html_tree, local_name, xml_tree
from crawler.images.page import Walk
from crawler.places.recognised import POSSIBLE, SURE, Sign

KIND = "feeds"
ROOTS = ("rss", "rdf", "feed")
ENTRIES = ("item", "entry")
HTML_FIELDS = ("description", "encoded", "content", "summary", "body")
FEED_TYPES = ("application/rss+xml", "application/atom+xml", "application/rdf+xml", "application/feed+json")
MOST_ENTRIES = 1000
MOST_ANNOUNCED = 10


OLDER = ("next", "prev-archive")
"""Links of RFC 5005 to what lies before: the next page of a paged feed, the archive before this one."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry: `address` is the page it announces (the feed's own when it names none)."""

    address: str
    seen: Seen


def recognise(_address: str, page: str) -> Sign | None:
    """A feed, or a page that announces one."""
    start = page[:1024].lower()
    if "<html" not in start and any(f"<{root}" in start for root in ("rss", "rdf:rdf", "feed")):
        return Sign(SURE, "it is a feed")
    if any(kind in page for kind in FEED_TYPES):
        return Sign(POSSIBLE, "it announces a feed")
    return None


@dataclass(frozen=True, slots=True)
class Feed:
    """A feed as it came: its entries, and the addresses of its older parts."""

    entries: tuple[Entry, ...] = ()
    older: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Return plain values, so that a worker can hand them over."""
        entries = [{"address": entry.address, "seen": entry.seen.to_json()} for entry in self.entries]
        return {"entries": entries, "older": list(self.older)}


def read_feed(untrusted: bytes, address: str) -> Feed:
    """Read a feed; raise Unreadable ("malformed-xml", "not-a-feed")."""
    root = xml_tree(untrusted)
    if local_name(root) not in ROOTS:
        raise Unreadable("not-a-feed", f"This is XML, but no feed: it starts with <{local_name(root)}>.")
    entries = [entry for entry in root.iter() if local_name(entry) in ENTRIES][:MOST_ENTRIES]
    return Feed(tuple(_entry(entry, _base(entry, address)) for entry in entries), tuple(_older(root, address)))


def job(untrusted: bytes, *, address: str) -> dict[str, Any]:
    """A feed of any kind as plain JSON values."""
    from crawler.places import json_feeds

    read = json_feeds.read_feed if json_feeds.is_one(untrusted) else read_feed
    return read(untrusted, address).to_json()


def _older(root: Element, address: str) -> Iterator[str]:
    """Where older entries lie: links of the feed itself, or of the channel in it."""
    places = [root, *(node for node in root if local_name(node) == "channel")]
    for link in (node for place in places for node in place if local_name(node) == "link"):
        if (link.get("rel") or "").strip().lower() in OLDER and (
            url := absolute(_base(link, address), link.get("href") or "")
        ):
            yield url


def announced_job(untrusted: bytes, *, address: str, content_type: str = "") -> list[str]:
    """The feeds that a page announces in its head."""
    tree = html_tree(untrusted, content_type)
    found = [] if tree is None else [_announced(link, address) for link in tree.iter("link")]
    return list(dict.fromkeys(url for url in found if url))[:MOST_ANNOUNCED]


def _announced(link: Element, address: str) -> str | None:
    kind = (link.get("type") or "").strip().lower()
    if "alternate" not in (link.get("rel") or "").lower().split() or kind not in FEED_TYPES:
        return None
    return absolute(address, link.get("href") or "")


def _entry(entry: Element, base: str) -> Entry:
    page = _page_of(entry, base)
    collected = Collected(page)
    for node in entry.iterdescendants():
        name = local_name(node)
        if name in HTML_FIELDS and "search.yahoo.com/mrss" not in str(node.tag):
            _html(node, collected)
        _media(node, name, collected)
    if page != base:
        collected.link(page)
    return Entry(page, Seen(collected.pictures, collected.links, dict(collected.refusals)))


def _page_of(entry: Element, base: str) -> str:
    for address in _own_links(entry):
        if url := absolute(base, address):
            return url
    return base


def _own_links(entry: Element) -> Iterator[str]:
    for node in entry:
        name = local_name(node)
        if name == "link" and node.get("href") and (node.get("rel") or "alternate") == "alternate":
            yield node.get("href")
        elif (name == "link" and node.text) or (
            name == "guid" and (node.get("isPermaLink") or "true").lower() == "true" and "://" in (node.text or "")
        ):
            yield node.text


def _media(node: Element, name: str, collected: Collected) -> None:
    kind = (node.get("type") or node.get("medium") or "").lower()
    pictured = kind.startswith("image")
    if name in ("content", "enclosure", "link") and node.get("rel", "enclosure") == "enclosure":
        address = node.get("url") or node.get("href")
        if address and (pictured or (not kind and is_picture_file(address))):
            collected.picture(address, "enclosure" if name != "content" else "media:content")
    elif name == "thumbnail":
        _thumbnail(node, collected)
    elif name == "image":
        _image(node, collected)


def _thumbnail(node: Element, collected: Collected) -> None:
    width = (node.get("width") or "").strip()
    if width.isdecimal() and int(width) < ICON:
        collected.refusals["icon"] += 1
    else:
        collected.picture(node.get("url") or node.text, "media:thumbnail")


def _image(node: Element, collected: Collected) -> None:
    """itunes:image href, <image><url>…</url></image>, <image>address</image>."""
    inner = next((child.text for child in node if local_name(child) == "url"), None)
    text = (node.text or "").strip()
    collected.picture(node.get("href") or inner or (text if "/" in text else None), "image")


def _html(node: Element, collected: Collected) -> None:
    """Content of an entry: HTML as text, in CDATA, or as XHTML elements."""
    if (node.get("type") or "").lower() == "xhtml" or len(node):
        Walk(collected).read(node)
        return
    if node.text and "<" in node.text and (tree := html_tree(node.text)) is not None:
        Walk(collected).read(tree)


def _base(entry: Element, address: str) -> str:
    """The feed's own address, changed by every xml:base from the outermost element inwards."""
    for node in (*reversed(list(entry.iterancestors())), entry):
        base = node.get("{http://www.w3.org/XML/1998/namespace}base")
        address = (absolute(address, base) if base else None) or address
    return address
