"""Read a saved page as the crawler would, and put what was seen into plain words for expected.json."""

import base64
import hashlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from crawler.images import jobs
from crawler.places import answers, channels, feeds, sitemaps

INPUT = ("address", "read", "content_type", "file", "options")
"""What expected.json says about the input; the rest is what must be seen."""


def folders() -> list[Path]:
    """Every saved page."""
    return sorted(path.parent for path in Path(__file__).parent.glob("*/expected.json"))


def read(untrusted: bytes, page: Mapping[str, Any]) -> dict[str, Any]:
    """Run the reader that `page["read"]` names; `page` is what expected.json says about the input."""
    if page["read"] not in READERS:
        return _answer(untrusted, page)
    if page["read"] == "channel":
        return _channel(untrusted, page["address"], page["content_type"], page.get("options", {}).get("since", ""))
    return READERS[page["read"]](untrusted, page["address"], page["content_type"])


def _answer(untrusted: bytes, page: Mapping[str, Any]) -> dict[str, Any]:
    """Run the reader in crawler/places that has the name of the kind."""
    given = {"address": page["address"], "content_type": page["content_type"], "options": page.get("options", {})}
    found = answers.job(untrusted, kind=page["read"], **given)
    posts = [{"address": post["address"], **_seen(post["seen"])} for post in found["posts"]]
    further = [[one["address"], "deeper" if one["deeper"] else "beside"] for one in found["further"]]
    return {"posts": posts, "further": further, "refusals": found["refusals"]}


def _page(untrusted: bytes, address: str, kind: str) -> dict[str, Any]:
    return _seen(jobs.page(untrusted, address=address, content_type=kind))


def _channel(untrusted: bytes, address: str, kind: str, since: str = "") -> dict[str, Any]:
    found = channels.job(untrusted, address=address, content_type=kind, since=since)
    posts = [{"address": post["address"], **_seen(post["seen"])} for post in found["posts"]]
    about = _seen(found["about"])["pictures"]
    return {"posts": posts, "about": about, "older": found["older"], "before_since": found["before_since"]}


def _feed(untrusted: bytes, address: str, kind: str) -> dict[str, Any]:
    feed = feeds.job(untrusted, address=address)
    entries = [{"address": entry["address"], **_seen(entry["seen"])} for entry in feed["entries"]]
    return {"entries": entries, "older": feed["older"]}


def _sitemap(untrusted: bytes, address: str, kind: str) -> dict[str, Any]:
    found = sitemaps.job(untrusted, address=address)
    pages = [{"address": page["address"], **_seen(page["seen"])} for page in found["pages"]]
    return {"pages": pages, "sitemaps": found["sitemaps"]}


def _seen(seen: Mapping[str, Any]) -> dict[str, Any]:
    pictures = [[picture["place"], _shown(picture)] for picture in seen["pictures"]]
    return {"pictures": pictures, "links": seen["links"], "refusals": dict(sorted(seen["refusals"].items()))}


def _shown(picture: Mapping[str, Any]) -> str:
    if "url" in picture:
        return str(picture["url"])
    data = base64.b64decode(picture["data"])
    return f"{len(data)} bytes in the page, sha256 {hashlib.sha256(data).hexdigest()[:12]}"


def _sheet(untrusted: bytes, address: str, kind: str) -> dict[str, Any]:
    found = jobs.sheet(untrusted, address=address)
    return {**_seen(found), "sheets": found["sheets"]}


READERS: Mapping[str, Callable[[bytes, str, str], dict[str, Any]]] = {
    "page": _page,
    "sheet": _sheet,
    "channel": _channel,
    "feed": _feed,
    "sitemap": _sitemap,
}
