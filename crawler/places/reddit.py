"""Reddit's public listings and threads as JSON (and what copies them): posts, galleries, previews, comments.

Source: reddit.com/dev/api, "Listing", "Link" (t3) and "Comment" (t1).
"""

import html
import re
from collections.abc import Iterator
from typing import Any

import ada_url

from crawler.images import Unreadable
from crawler.images.addresses import absolute, is_picture_file
from crawler.images.collected import Collected
from crawler.places import fields
from crawler.places.answers import Answer, Asked, Further, Post, Stretch, markup, post
from crawler.places.recognised import SURE, Sign

KIND = "reddit"
REFUSALS = {
    "not-a-listing": "The answer is JSON, but no listing of posts. Start at a community (/r/NAME/) or a profile "
    "(/user/NAME/).",
}
A_PAGE = 100
THREAD = re.compile(r"/comments/[A-Za-z0-9]+")
MOST_NODES = 20_000


def recognise(address: str, page: str) -> Sign | None:
    """A page of Reddit."""
    if re.match(r"https?://(?:\w+\.)?reddit\.com/", address) or "<shreddit-app" in page:
        return Sign(SURE, "it is Reddit")
    return None


def listing_of(address: str) -> str:
    """Return the listing behind a community, profile or thread that people open."""
    url = ada_url.URL(address)
    path = str(url.pathname).rstrip("/")
    if path.endswith(".json"):
        return address
    if not THREAD.search(path) and not path.endswith(("/new", "/hot", "/top", "/rising", "/submitted")):
        path += "/submitted" if path.startswith(("/user/", "/u/")) else "/new"
    url.pathname, url.search = f"{path}.json", f"limit={A_PAGE}&raw_json=1"
    return str(url.href)


asked = listing_of


def read(untrusted: bytes, asked: Asked) -> Answer:
    """Read a listing, or a thread (two listings: the post and its comments); raise Unreadable."""
    found = fields.tree(untrusted)
    listings = found if isinstance(found, list) else [found]
    if not listings or not all(fields.text(one, "kind") == "Listing" for one in listings):
        raise Unreadable("not-a-listing", REFUSALS["not-a-listing"])
    fresh, refusals = asked.fresh(list(_things(listings)), lambda one: fields.moment(one, "data", "created_utc"))
    further = [] if isinstance(found, list) else _threads(fresh, asked.address)
    after = fields.text(listings[0], "data", "after")
    if after and not refusals:
        further.append(Further(asked.with_query(after=after), priority=-10, back=True))
    # Only the listing of new posts is in the order of time, and a thread is one answer.
    times = [] if isinstance(found, list) else [fields.moment(one, "data", "created_utc") for one in _children(found)]
    stretch = Stretch.of_times(asked.with_query(after=None), times)
    posts = tuple(_post(fields.at(one, "data"), asked.address) for one in fresh)
    return Answer(posts, tuple(further), refusals, stretch)


def _things(listings: list[Any]) -> Iterator[fields.Node]:
    """Every post and comment, replies included, in the order of the page."""
    waiting = [child for listing in reversed(listings) for child in reversed(list(_children(listing)))]
    for _ in range(MOST_NODES):
        if not waiting:
            return
        thing = waiting.pop()
        if fields.text(thing, "kind") in ("t1", "t3") and isinstance(fields.at(thing, "data"), dict):
            yield thing
            waiting.extend(reversed(list(_children(fields.at(thing, "data", "replies")))))


def _children(listing: Any) -> Iterator[fields.Node]:
    yield from fields.each(listing, "data", "children")


def _post(thing: fields.Node, address: str) -> Post:
    page = absolute(address, fields.text(thing, "permalink")) or address
    collected = Collected(page)
    for one in (thing, *fields.each(thing, "crosspost_parent_list")):
        _pictures(one, collected)
        markup(html.unescape(fields.text(one, "selftext_html") or fields.text(one, "body_html")), collected)
    return post(page, collected)


def _pictures(thing: fields.Node, collected: Collected) -> None:
    """The linked file, or the previews Reddit made of it; galleries; what stands for a video."""
    linked = html.unescape(fields.text(thing, "url_overridden_by_dest"))
    media = fields.at(thing, "media_metadata")
    for one in media.values() if isinstance(media, dict) else ():
        collected.picture(html.unescape(fields.text(one, "s", "u") or fields.text(one, "s", "gif")), "gallery")
    if is_picture_file(linked):
        collected.picture(linked, "post url")
        return
    collected.link(linked)
    for preview in fields.each(thing, "preview", "images"):
        collected.picture(html.unescape(fields.text(preview, "source", "url")), "preview")
    if "preview" not in thing and fields.text(thing, "thumbnail").startswith("http"):
        collected.picture(html.unescape(fields.text(thing, "thumbnail")), "thumbnail")


def _threads(things: list[fields.Node], address: str) -> list[Further]:
    """A thread lies one step deeper; people answer with pictures, too."""
    talked_about = (one for one in things if fields.number(one, "data", "num_comments") > 0)
    pages = (absolute(address, fields.text(one, "data", "permalink")) for one in talked_about)
    return [Further(listing_of(page), deeper=True) for page in pages if page and THREAD.search(page)]
