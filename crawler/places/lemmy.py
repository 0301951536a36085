"""Lemmy's public API: the posts of an instance or community, and the comments under them.

Source: join-lemmy.org/docs, API v3 ("post/list", "comment/list"), entities PostView and CommentView.
"""

import re

import ada_url

from crawler.images import Unreadable
from crawler.images.addresses import is_picture_file
from crawler.images.collected import Collected
from crawler.places import fields
from crawler.places.answers import Answer, Asked, Further, Post, Stretch, post, prose
from crawler.places.recognised import SURE, Sign

KIND = "lemmy"
REFUSALS = {
    "not-a-post-list": "The answer is JSON, but no list of posts or comments. Start at the instance or at a community "
    "(/c/NAME); the instance may speak a newer API than ours (v3).",
}
A_PAGE = 50
MOST_PAGES = 1_000
COMMUNITY = re.compile(r"/c/([^/]+)/?$")
ONE_POST = re.compile(r"/post/(\d{1,15})/?$")


def recognise(_address: str, page: str) -> Sign | None:
    """A page of Lemmy's web app."""
    if "window.isoData" in page and "lemmy" in page.lower():
        return Sign(SURE, "it says that it is Lemmy")
    return None


def asked(address: str) -> str:
    """Return the API's address for the instance, community or post that people open."""
    url = ada_url.URL(address)
    path = str(url.pathname)
    if path.startswith("/api/"):
        return address
    if one := ONE_POST.search(path):
        return _comments(str(url.origin), int(one[1]))
    community = COMMUNITY.search(path)
    where = f"community_name={community[1]}" if community else "type_=Local"
    return f"{url.origin}/api/v3/post/list?{where}&sort=New&limit={A_PAGE}"


def read(untrusted: bytes, asked: Asked) -> Answer:
    """Read one page of posts or comments; raise Unreadable ("not-a-post-list", ...)."""
    found = fields.tree(untrusted)
    name = next((name for name in ("posts", "comments") if isinstance(fields.at(found, name), list)), "")
    if not name:
        raise Unreadable("not-a-post-list", REFUSALS["not-a-post-list"])
    views, kind = list(fields.each(found, name)), name.removesuffix("s")
    there = [view for view in views if not _is_gone(view, kind)]
    fresh, refusals = asked.fresh(there, lambda view: fields.moment(view, kind, "published"))
    further = _threads(fresh, asked) if kind == "post" else []
    if views and not refusals:
        further += _next(asked, fields.text(found, "next_page"))
    shown = _post if kind == "post" else _comment
    stretch = Stretch.of_times(
        asked.with_query(page=None, page_cursor=None), [fields.moment(view, kind, "published") for view in views]
    )
    return Answer(tuple(shown(view, asked) for view in fresh), tuple(further), refusals, stretch)


def _is_gone(view: fields.Node, name: str) -> bool:
    return any(fields.at(view, name, word) is True for word in ("removed", "deleted"))


def _post(view: fields.Node, asked: Asked) -> Post:
    page = f"{asked.origin}/post/{fields.number(view, 'post', 'id')}"
    collected = Collected(page)
    linked = fields.text(view, "post", "url")
    if is_picture_file(linked):
        collected.picture(linked, "post url")
    else:
        collected.link(linked)
    collected.picture(fields.text(view, "post", "thumbnail_url"), "thumbnail_url")
    for who, name in (("creator", "avatar"), ("community", "icon"), ("community", "banner")):
        collected.picture(fields.text(view, who, name), f"{who} {name}")
    prose(fields.text(view, "post", "body"), collected)
    return post(page, collected)


def _comment(view: fields.Node, asked: Asked) -> Post:
    page = f"{asked.origin}/comment/{fields.number(view, 'comment', 'id')}"
    collected = Collected(page)
    collected.picture(fields.text(view, "creator", "avatar"), "creator avatar")
    prose(fields.text(view, "comment", "content"), collected)
    return post(page, collected)


def _threads(views: list[fields.Node], asked: Asked) -> list[Further]:
    """Comments lie one step deeper than their post."""
    talked_about = (view for view in views if fields.number(view, "counts", "comments") > 0)
    return [Further(_comments(asked.origin, fields.number(view, "post", "id")), deeper=True) for view in talked_about]


def _comments(origin: str, number: int) -> str:
    return f"{origin}/api/v3/comment/list?post_id={number}&type_=All&sort=New&limit={A_PAGE}&page=1"


def _next(asked: Asked, cursor: str) -> list[Further]:
    """The next page: by the cursor that the answer names, else by number."""
    if cursor:
        return [Further(asked.with_query(page_cursor=cursor, page=None), priority=-10, back=True)]
    page = fields.number({"page": "1", **asked.query}, "page")
    if "page_cursor" in asked.query or not 0 < page < MOST_PAGES:
        return []
    return [Further(asked.with_query(page=str(page + 1)), priority=-10, back=True)]
