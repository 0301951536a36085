"""Sitemaps (sitemaps.org 0.9): address lists, indexes of them, the image extension, plain text, gzip."""

import zlib
from dataclasses import dataclass
from typing import Any

from crawler.images import Seen, Unreadable
from crawler.images.addresses import absolute
from crawler.images.collected import Collected
from crawler.images.markup import Element, local_name, xml_tree
from crawler.places.recognised import SURE, Sign

KIND = "sitemaps"
GZIP = b"\x1f\x8b"
LARGEST = 52_428_800
"""Bytes after unpacking, as the protocol allows at most; what unpacks to more is refused, not cut."""
MOST_ADDRESSES = 50_000
CHUNK = 65_536
WEB = ("http://", "https://")


@dataclass(frozen=True, slots=True)
class ListedPage:
    """One page of a sitemap, with the pictures that the image extension names for it."""

    address: str
    seen: Seen


@dataclass(frozen=True, slots=True)
class Sitemap:
    """`pages` of this list, and further `sitemaps` when it is an index."""

    pages: tuple[ListedPage, ...] = ()
    sitemaps: tuple[str, ...] = ()


def recognise(_address: str, page: str) -> Sign | None:
    """A sitemap or an index of them."""
    start = page[:2048].lower()
    if "<html" not in start and ("<urlset" in start or "<sitemapindex" in start):
        return Sign(SURE, "it is a sitemap")
    return None


def read_sitemap(untrusted: bytes, address: str) -> Sitemap:
    """Read a sitemap; raise Unreadable ("malformed-xml", "not-a-sitemap", "bad-gzip", "too-large")."""
    data = unpacked(untrusted)
    if not data.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<"):
        return _plain_list(data, address)
    root = xml_tree(data)
    name = local_name(root)
    if name == "sitemapindex":
        return Sitemap(sitemaps=tuple(_addresses(root, "sitemap", address)))
    if name == "urlset":
        entries = [node for node in root if local_name(node) == "url"][:MOST_ADDRESSES]
        return Sitemap(tuple(page for entry in entries if (page := _page(entry, address))))
    raise Unreadable("not-a-sitemap", f"This is XML, but no sitemap: it starts with <{name}>.")


def job(untrusted: bytes, *, address: str) -> dict[str, Any]:
    """`read_sitemap` as plain JSON values."""
    found = read_sitemap(untrusted, address)
    pages = [{"address": page.address, "seen": page.seen.to_json()} for page in found.pages]
    return {"pages": pages, "sitemaps": list(found.sitemaps)}


def unpacked(untrusted: bytes, largest: int = LARGEST) -> bytes:
    """Undo gzip, never past `largest` bytes; what is not gzip comes back as it is."""
    if len(untrusted) > largest:
        raise Unreadable("too-large", "The sitemap is larger than the protocol allows.")
    if not untrusted.startswith(GZIP):
        return untrusted
    unzip = zlib.decompressobj(wbits=31)
    try:
        data = unzip.decompress(untrusted, largest + 1)
    except zlib.error as error:
        raise Unreadable("bad-gzip", f"The sitemap's gzip is damaged: {error}") from error
    if len(data) > largest:
        raise Unreadable("too-large", "The sitemap unpacks to more than the protocol allows.")
    return data


def _page(entry: Element, address: str) -> ListedPage | None:
    page = next(
        (url for node in entry if local_name(node) == "loc" and (url := absolute(address, node.text or ""))), None
    )
    if page is None:
        return None
    collected = Collected(page)
    for node in entry:
        if local_name(node) == "image":
            for field in node:
                if local_name(field) == "loc":
                    collected.picture(field.text, "image:loc")
        elif local_name(node) == "video":
            for field in node:
                if local_name(field) == "thumbnail_loc":
                    collected.picture(field.text, "video:thumbnail_loc")
    return ListedPage(page, Seen(collected.pictures, (page,), dict(collected.refusals)))


def _addresses(root: Element, name: str, address: str) -> list[str]:
    found = [
        url
        for entry in root
        if local_name(entry) == name
        for node in entry
        if local_name(node) == "loc" and (url := absolute(address, node.text or ""))
    ]
    return found[:MOST_ADDRESSES]


def _plain_list(data: bytes, address: str) -> Sitemap:
    """A text file of one address a line is a sitemap too."""
    lines = data.decode("utf-8-sig", "replace").split("\n", MOST_ADDRESSES)[:MOST_ADDRESSES]
    words = [line.strip() for line in lines]
    if not any(word.startswith(WEB) for word in words):
        raise Unreadable("not-a-sitemap", "This is neither XML nor a list of addresses.")
    pages = [url for word in words if word.startswith(WEB) and (url := absolute(address, word))]
    return Sitemap(tuple(ListedPage(page, Seen(links=(page,))) for page in pages))
