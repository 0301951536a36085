"""Public channel previews in the structure of t.me/s: a page of posts, and the way back to older ones."""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import ada_url

from crawler.images import Seen
from crawler.images.addresses import absolute
from crawler.images.collected import Collected
from crawler.images.css import addresses
from crawler.images.elements import Elements
from crawler.images.markup import Element, html_tree
from crawler.places.fields import day, moment
from crawler.places.recognised import SURE, Sign

KIND = "telegram"
POST_NAME = re.compile(r"[A-Za-z0-9_]{3,64}/\d{1,12}")
PICTURE_CLASSES = (
    "tgme_widget_message_photo_wrap",
    "tgme_widget_message_video_thumb",
    "tgme_widget_message_roundvideo_thumb",
    "link_preview_image",
    "link_preview_right_image",
    "link_preview_video_thumb",
)


@dataclass(frozen=True, slots=True)
class Post:
    """One post: `address` is where a person would find it, `seen` what it shows and where it leads."""

    address: str
    seen: Seen


@dataclass(frozen=True, slots=True)
class Channel:
    """One page of a channel preview; `older` is the address of the page before it, None on the first.

    `before_since` counts posts from before the day that the target says with `since`; then `older` is None, too.
    """

    posts: tuple[Post, ...]
    about: Seen
    older: str | None
    before_since: int = 0


def recognise(address: str, page: str) -> Sign | None:
    """A preview of a public channel, or the page that leads to one."""
    if "tgme_widget_message" in page or ("tgme_page" in page and "://t.me/" in address):
        return Sign(SURE, "it is the preview of a public channel")
    return None


def read_channel(untrusted: bytes, address: str, content_type: str = "", since: str = "") -> Channel:
    """Read a preview page; a page that is not one has no posts."""
    tree = html_tree(untrusted, content_type)
    if tree is None:
        return Channel((), Seen(), None)
    elements, first = _with_class(tree, "tgme_widget_message"), day(since) if since else None
    fresh = [one for one in elements if first is None or (at := _posted_at(one)) is None or at >= first]
    posts = tuple(post for element in fresh if (post := _post(element, address)))
    left = len(elements) - len(fresh)
    return Channel(posts, _about(tree, address), None if left else _older(tree, address), left)


def job(untrusted: bytes, *, address: str, content_type: str = "", since: str = "") -> dict[str, Any]:
    """`read_channel` as plain JSON values."""
    channel = read_channel(untrusted, address, content_type, since)
    posts = [{"address": post.address, "seen": post.seen.to_json()} for post in channel.posts]
    about = channel.about.to_json()
    return {"posts": posts, "about": about, "older": channel.older, "before_since": channel.before_since}


def _posted_at(element: Element) -> datetime | None:
    """When a post was published: the time in the link to the post itself, else any time it names."""
    times = [time for link in _with_class(element, "tgme_widget_message_date") for time in link.iter("time")]
    for time in (*times, *element.iter("time")):
        if when := moment({"at": time.get("datetime")}, "at"):
            return when
    return None


def _post(element: Element, address: str) -> Post | None:
    name = (element.get("data-post") or "").strip()
    if not POST_NAME.fullmatch(name):
        return None
    collected = Collected(address)
    for node in element.iter():
        _picture_of(node, collected)
    _channel_photo(element, collected)
    _text_of(element, collected)
    return Post(_post_address(address, name), Seen(collected.pictures, collected.links, dict(collected.refusals)))


def _picture_of(node: Element, collected: Collected) -> None:
    names = _classes(node)
    for name in PICTURE_CLASSES:
        if name in names:
            for url in addresses(node.get("style") or ""):
                collected.picture(url, name.removeprefix("tgme_widget_message_"))
    if names & {"tgme_widget_message_forwarded_from_name", "tgme_widget_message_reply"}:
        collected.link(node.get("href"))


def _channel_photo(element: Element, collected: Collected) -> None:
    """The message that the channel has a new picture shows that picture."""
    for changed in _with_class(element, "tgme_widget_message_service_photo"):
        for image in changed.iter("img"):
            collected.picture(image.get("src"), "service_photo")


def _text_of(element: Element, collected: Collected) -> None:
    """The post's own words: links in it, and pictures written out or linked to as files."""
    # Not the whole walk: emoji are pictures by style, and nobody looks for a face in them.
    elements = Elements(collected)
    for text in _with_class(element, "tgme_widget_message_text"):
        for link in text.iter("a"):
            elements.anchor(link)


def _about(tree: Element, address: str) -> Seen:
    """The channel's own picture, from the head of the page."""
    collected = Collected(address)
    for image in tree.iter("img"):
        parent = image.getparent()
        if parent is not None and "tgme_page_photo_image" in _classes(parent):
            collected.picture(image.get("src"), "channel photo")
    return Seen(collected.pictures, (), dict(collected.refusals))


def _older(tree: Element, address: str) -> str | None:
    """The link to older posts: the one `?before=` names; the one to newer posts has `?after=`."""
    for element in tree.iter("a", "link"):
        named = element.get("data-before") or element.get("rel") == "prev" or "js-messages_more" in _classes(element)
        url = absolute(address, element.get("href") or "") if named and element.get("href") else None
        if url and "before" in ada_url.parse_search_params(ada_url.URL(url).search):
            return url
    return None


def _post_address(address: str, name: str) -> str:
    """https://t.me/s/channel?before=9 and "channel/7" -> https://t.me/channel/7: the post's own address."""
    return absolute(address, f"/{name}") or address


def _with_class(tree: Element, name: str) -> list[Element]:
    return [node for node in tree.iter() if name in _classes(node)]


def _classes(node: Element) -> frozenset[str]:
    value = node.get("class") if isinstance(node.tag, str) else None
    return frozenset(value.split()) if value else frozenset()
