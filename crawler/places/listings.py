"""Directory listings: what a web server shows of a folder that has no page of its own.

nginx, Apache, lighttpd, Caddy, IIS and others come down to the same: links to files and to folders below this one.
Links that sort, and the way up, are left.
"""

import re
from collections.abc import Iterator
from urllib.parse import quote, urlsplit

from crawler.images import Unreadable
from crawler.images.addresses import absolute, is_picture_file
from crawler.images.collected import Collected
from crawler.images.markup import Element, html_tree
from crawler.places import fields
from crawler.places.answers import Answer, Asked, Further, at_once, post
from crawler.places.recognised import SURE, Sign

KIND = "listings"
REFUSALS = {
    "not-a-listing": "This is no directory listing of a web server. Use the kind pages for it; folders below a listing "
    "that have a page of their own are read as pages.",
}
TITLE = re.compile(r"<(?:title|h1)[^>]{0,200}>\s{0,50}(?:Index of|Directory listing for|Listing of)\b", re.IGNORECASE)
UP = "[To Parent Directory]"
MOST_FOLDERS = 2_000


def recognise(_address: str, page: str) -> Sign | None:
    """A page with the title that servers give to a listing."""
    if TITLE.search(page[:4096]) or UP in page:
        return Sign(SURE, "it is a web server's listing of a folder")
    return None


def read(untrusted: bytes, asked: Asked) -> Answer:
    """Read one folder; raise Unreadable ("not-a-listing", "malformed-json")."""
    names = _json_names(untrusted) if "json" in asked.content_type else _names(untrusted, asked)
    here = urlsplit(asked.address)
    base = asked.address.partition("?")[0]
    below = here.path if here.path.endswith("/") else here.path.rpartition("/")[0] + "/"
    collected, folders = Collected(base), dict[str, None]()
    for name in names:
        url = absolute(base, name)
        parts = urlsplit(url or "")
        if not url or parts.netloc != here.netloc or not parts.path.startswith(below) or parts.query:
            continue
        if url.endswith("/"):
            if parts.path != below:
                folders[url] = None
        elif is_picture_file(url):
            collected.picture(url, "file")
    further = tuple(Further(url, deeper=True) for url in list(folders)[:MOST_FOLDERS])
    return Answer(at_once([post(asked.address, collected)]), further)


def _names(untrusted: bytes, asked: Asked) -> Iterator[str]:
    tree = html_tree(untrusted, asked.content_type)
    if tree is None or not _is_listing(tree):
        raise Unreadable("not-a-listing", REFUSALS["not-a-listing"])
    for link in tree.iter("a"):
        if link.get("href"):
            yield link.get("href")


def _is_listing(tree: Element) -> bool:
    heads = (node.text or "" for node in tree.iter("title", "h1"))
    if any(re.match(r"\s*(?:Index of|Directory listing for|Listing of)\b", head, re.IGNORECASE) for head in heads):
        return True
    return any((node.text or "").strip() == UP for node in tree.iter("a"))


def _json_names(untrusted: bytes) -> Iterator[str]:
    """nginx with autoindex_format json: [{"name": "a.jpg", "type": "file"}, ...]."""
    found = fields.tree(untrusted)
    if not isinstance(found, list) or not all(fields.text(one, "type") for one in found):
        raise Unreadable("not-a-listing", REFUSALS["not-a-listing"])
    for one in fields.each(found):
        yield quote(fields.text(one, "name")) + ("/" if fields.text(one, "type") == "directory" else "")
