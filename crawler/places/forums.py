"""Forums in the style of phpBB, vBulletin, XenForo and MyBB: which links lead through the forum, and what a post is.

Pages of forums lead to thousands of others that show nothing new: replies, sorted lists, single posts, profiles,
calendars. Only forums, topics and their pages are followed, each under one address whatever session or order a link
names. A post's pictures are its own, at the post's own address.
"""

import re
from collections.abc import Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass

import ada_url

from crawler.images import Seen, Unreadable
from crawler.images.addresses import PICTURE_ENDINGS, absolute, is_picture_file
from crawler.images.collected import Collected
from crawler.images.elements import is_icon
from crawler.images.markup import Element, html_text, html_tree
from crawler.images.page import Walk, base_of
from crawler.places.answers import Answer, Asked, Further, Post, post, without_sources
from crawler.places.recognised import LIKELY, SURE, Sign

KIND = "forums"
REFUSALS = {
    "not-a-forum": "The page is of no forum style we know (phpBB, vBulletin, XenForo, MyBB). Name it with "
    "--option style=..., or use the kind pages.",
    "members-only": "The forum shows this page to members only. We never sign in; look there by hand.",
}


@dataclass(frozen=True, slots=True)
class Style:
    """One forum software: `says` and `looks` are words of its pages, the patterns match path and query of links.

    `post` matches the id (or data-content) of a post's element, `anchor` is what people put behind the address to
    open it. `keeps` are the names of the query that make an address another page.
    """

    says: tuple[str, ...]
    looks: tuple[str, ...]
    topic: re.Pattern[str]
    forum: re.Pattern[str]
    post: re.Pattern[str]
    anchor: str
    keeps: frozenset[str]


STYLES: Mapping[str, Style] = {
    "phpbb": Style(
        says=('Powered by <a href="https://www.phpbb.com/">phpBB', ">phpBB</a>", 'id="phpbb"'),
        looks=("viewtopic.php?", "viewforum.php?"),
        topic=re.compile(r"/viewtopic\.php\?(?:[^#]*&)?t=(?P<id>\d+)"),
        forum=re.compile(r"/viewforum\.php\?(?:[^#]*&)?f=(?P<id>\d+)"),
        post=re.compile(r"p(?P<id>\d+)"),
        anchor="#p{}",
        keeps=frozenset(("f", "t", "start")),
    ),
    "mybb": Style(
        says=(">MyBB</a>", "MyBB Group", "/jscripts/general.js"),
        looks=("showthread.php?tid=", "forumdisplay.php?fid="),
        topic=re.compile(r"/showthread\.php\?(?:[^#]*&)?tid=(?P<id>\d+)|/thread-(?P<no>\d+)(?:-page-\d+)?\.html$"),
        forum=re.compile(r"/forumdisplay\.php\?(?:[^#]*&)?fid=(?P<id>\d+)|/forum-(?P<no>\d+)(?:-page-\d+)?\.html$"),
        post=re.compile(r"post_(?P<id>\d+)"),
        anchor="#pid{}",
        keeps=frozenset(("tid", "fid", "page")),
    ),
    "vbulletin": Style(
        says=('content="vBulletin', ">vBulletin", "vBulletin_init"),
        looks=("showthread.php", "forumdisplay.php"),
        topic=re.compile(r"/showthread\.php[?/](?:[^#]*&)?(?:t=)?(?P<id>\d+)"),
        forum=re.compile(r"/forumdisplay\.php[?/](?:[^#]*&)?(?:f=)?(?P<id>\d+)"),
        post=re.compile(r"(?:post_?|edit)(?P<id>\d+)"),
        anchor="#post{}",
        keeps=frozenset(("t", "f", "page")),
    ),
    "xenforo": Style(
        says=('id="XF"', 'id="XenForo"', 'data-app="public"'),
        looks=("/threads/", "data-xf-init"),
        topic=re.compile(r"[/?](?:threads|media)/(?:[^/?#&=]*\.)?(?P<id>\d+)/?(?:page-\d+)?$"),
        forum=re.compile(r"[/?](?:forums|media/albums|media/categories)/(?:[^/?#&=]+)/?(?:page-\d+)?$"),
        post=re.compile(r"(?:js-)?post-(?P<id>\d+)"),
        anchor="#post-{}",
        keeps=frozenset(),
    ),
}
ATTACHMENT = re.compile(
    r"/download/file\.php\?(?:[^#]*&)?id=\d|/attachment\.php\?(?:[^#]*&)?(?:attachmentid|aid)=\d"
    rf"|/filedata/fetch\?(?:[^#]*&)?id=\d|/attachments/[^/?#]*-(?:{PICTURE_ENDINGS})\.\d+/?$",
    re.IGNORECASE,
)
SMALLER = frozenset(("t", "thumb", "thumbnail", "type", "d", "sid", "s", "stc"))
"""What asks for a smaller copy of an attachment, or names a session."""
SMILEYS = frozenset(("smilies", "smilie", "smiley", "inlineimg", "emoji", "mceSmilie", "smilie--emoji"))
PASSWORD = re.compile(r"<input[^>]{0,300}type=[\"']?password", re.IGNORECASE)
MOST_FURTHER = 1_000


def recognise(_address: str, page: str) -> Sign | None:
    """A page that names its forum software, or whose links are those of one."""
    for name, style in STYLES.items():
        if any(word in page for word in style.says):
            return Sign(SURE, f"it says that it is a forum of {name}")
    for name, style in STYLES.items():
        if all(word in page for word in style.looks):
            return Sign(LIKELY, f"its links are those of {name}")
    return None


def read(untrusted: bytes, asked: Asked) -> Answer:
    """Read a list of forums, a forum or a page of a topic; raise Unreadable ("not-a-forum", ...)."""
    page = html_text(untrusted, asked.content_type)
    style = STYLES.get(asked.options.get("style", "")) or _style_of(page)
    tree = html_tree(page)
    if style is None or tree is None:
        raise Unreadable("not-a-forum", REFUSALS["not-a-forum"])
    address = _one_address(asked.address, style)
    further = tuple(_further(tree, address, style))[:MOST_FURTHER]
    posts = tuple(_posts(tree, address, style))
    if not posts and not further and PASSWORD.search(page):
        return Answer(refusals={"members-only": 1})
    return Answer(posts or (_whole(tree, address),), further)


def _style_of(page: str) -> Style | None:
    by_name = (style for style in STYLES.values() if any(word in page for word in style.says))
    by_look = (style for style in STYLES.values() if all(word in page for word in style.looks))
    return next(by_name, None) or next(by_look, None)


def _further(tree: Element, address: str, style: Style) -> Iterator[Further]:
    """Pages of this topic or of a list lie beside this page, other topics one step deeper.

    From a topic, forums are a step deeper too: a target that is one topic shall not become the whole forum.
    """
    topic, base = _topic_of(address, style), base_of(tree, address)
    met = {address}
    for link in tree.iter("a", "link"):
        url = absolute(base, link.get("href") or "")
        if url is None or link.get("rel") in ("canonical", "alternate"):
            continue
        url = _one_address(url, style)
        other = _topic_of(url, style)
        if url in met or not (other or style.forum.search(_route(url))):
            continue
        met.add(url)
        beside = other == topic if topic else other is None
        yield Further(url, deeper=not beside)


def _topic_of(url: str, style: Style) -> str | None:
    found = style.topic.search(_route(url))
    return next(value for value in found.groups() if value) if found else None


def _route(url: str) -> str:
    parts = ada_url.URL(url)
    return f"{parts.pathname}{parts.search}"


def _one_address(url: str, style: Style) -> str:
    """The address without session, order, highlighting and the like."""
    parts = ada_url.URL(url)
    query = [word for word in str(parts.search).removeprefix("?").split("&") if _is_kept(word, style)]
    if "viewtopic" in str(parts.pathname) and any(word.startswith("t=") for word in query):
        query = [word for word in query if not word.startswith("f=")]
    parts.search, parts.hash = "&".join(sorted(query)), ""
    return str(parts.href)


def _is_kept(word: str, style: Style) -> bool:
    """XenForo and vBulletin put a path into the query: it has no "=" and stays."""
    name, equals, value = word.partition("=")
    first = value in ("", "0") or word == "page=1"
    return bool(name) and (not equals or (name in style.keeps and not first))


def _posts(tree: Element, address: str, style: Style) -> Iterator[Post]:
    met = set[str]()
    for element in tree.iter("div", "article", "li", "table"):
        number = _post_number(element, style)
        if number and number not in met:
            met.add(number)
            yield _post(element, address, style.anchor.format(number), base_of(tree, address))


def _post_number(element: Element, style: Style) -> str | None:
    """The number of the post that this element is: its id says so, and its class that it is a whole post."""
    names = (element.get("class") or "").lower()
    if element.get("data-node-id") and "b-post" in names:
        return str(element.get("data-node-id"))
    found = style.post.fullmatch(element.get("data-content") or element.get("id") or "")
    if found is None or not any(word in names for word in ("post", "message", "tborder")):
        return None
    return found["id"]


def _post(element: Element, address: str, anchor: str, base: str) -> Post:
    collected = Collected(base)
    # A copy stands alone: a walk over the page's own element would go on to the posts beside it.
    alone = deepcopy(element)
    _attachments(alone, collected)
    _smileys(alone, collected)
    Walk(collected).read(alone)
    return post(address + anchor, collected)


def _attachments(element: Element, collected: Collected) -> None:
    """A link to an attachment that shows its thumbnail or names a picture file is the picture; the thumbnail goes."""
    for link in element.iter("a"):
        url = absolute(collected.base, link.get("href") or "")
        if url is None or not ATTACHMENT.search(_route(url)):
            continue
        thumbs = list(link.iter("img"))
        if thumbs or is_picture_file("".join(link.itertext()).strip()[:300]):
            collected.picture(_full_size(url), "attachment")
            without_sources(thumbs)
    for image in list(element.iter("img")):
        url = absolute(collected.base, image.get("src") or "")
        if url is not None and ATTACHMENT.search(_route(url)):
            collected.picture(_full_size(url), "attachment")
            without_sources([image])


def _full_size(url: str) -> str:
    parts = ada_url.URL(url)
    words = str(parts.search).removeprefix("?").split("&")
    parts.search = "&".join(word for word in words if word and word.partition("=")[0] not in SMALLER)
    return str(parts.href)


def _smileys(element: Element, collected: Collected) -> None:
    drawn = [image for image in element.iter("img") if SMILEYS & set((image.get("class") or "").split())]
    for image in drawn:
        collected.refusals["icon"] += not is_icon(image)  # a walk counts those that say how small they are
    without_sources(drawn)


def _whole(tree: Element, address: str) -> Post:
    """A page without posts (lists, other skins): everything on it, at its own address."""
    collected = Collected(base_of(tree, address))
    Walk(collected).read(tree)
    return Post(address, Seen(collected.pictures, collected.links, dict(collected.refusals)))
