"""WordPress' public REST API: the media library, and the posts and pages that show it.

Source: developer.wordpress.org/rest-api/reference ("Media", "Posts", "Pages") and its pages on discovery and paging.
"""

import re

import ada_url

from crawler.images import Unreadable
from crawler.images.addresses import absolute
from crawler.images.collected import Collected
from crawler.images.markup import html_tree
from crawler.places import fields
from crawler.places.answers import Answer, Asked, Further, Post, Stretch, markup, post
from crawler.places.recognised import SURE, Sign

KIND = "wordpress"
REFUSALS = {
    "no-rest-api": "The page names no REST API of WordPress. Start at the site's own address, or at the API "
    "(https://site.example/wp-json/); where the site has closed it, use the kind pages.",
    "not-a-media-list": "The answer is JSON, but no list of media or posts: the site has closed its REST API. Use the "
    "kind pages or sitemaps.",
}
A_PAGE = 100
LISTS = ("media", "posts", "pages")
ROOT = re.compile(r"/wp-json/?$")
LIST = re.compile(r"/wp/v2/(media|posts|pages)/?$")


def recognise(_address: str, page: str) -> Sign | None:
    """A page that names the REST API, or shows WordPress' folders."""
    if "https://api.w.org/" in page or 'content="WordPress' in page:
        return Sign(SURE, "it says that it is WordPress")
    return None


def read(untrusted: bytes, asked: Asked) -> Answer:
    """Read the page that names the API, the API's root, or one page of a list; raise Unreadable."""
    if "json" not in asked.content_type:
        return Answer(further=_lists(Asked(_announced(untrusted, asked))))
    route = asked.query.get("rest_route") or str(ada_url.URL(asked.address).pathname)
    if route == "/" or ROOT.search(route):
        return Answer(further=_lists(asked))
    found = fields.tree(untrusted)
    if not isinstance(found, list) or not LIST.search(route):
        raise Unreadable("not-a-media-list", REFUSALS["not-a-media-list"])
    entries = list(fields.each(found))
    fresh, refusals = asked.fresh(entries, lambda one: fields.moment(one, "date_gmt"))
    more: tuple[Further, ...] = ()
    if len(entries) >= A_PAGE and not refusals:
        page = fields.number({"page": "1", **asked.query}, "page")
        more = (Further(asked.with_query(page=str(page + 1)), priority=-10, back=True),)
    times = [fields.moment(one, "date_gmt") for one in entries]
    stretch = Stretch.of_times(asked.with_query(page=None), times)
    return Answer(tuple(_entry(one, asked.address) for one in fresh), more, refusals, stretch)


def _announced(untrusted: bytes, asked: Asked) -> str:
    """The API's root: <link rel="https://api.w.org/" href="…"> in the head of every page."""
    tree = html_tree(untrusted, asked.content_type)
    for link in tree.iter("link") if tree is not None else ():
        if (link.get("rel") or "").rstrip("/") == "https://api.w.org" and (
            root := absolute(asked.address, link.get("href") or "")
        ):
            return root
    raise Unreadable("no-rest-api", REFUSALS["no-rest-api"])


def _lists(root: Asked) -> tuple[Further, ...]:
    """The lists behind a root: https://site/wp-json/ or https://site/?rest_route=/."""
    found = []
    for name in LISTS:
        url = ada_url.URL(root.address)
        route = root.query.get("rest_route")
        if route is None:
            url.pathname = f"{str(url.pathname).rstrip('/')}/wp/v2/{name}"
        else:
            route = f"{route.rstrip('/')}/wp/v2/{name}"
        here = Asked(str(url.href))
        found.append(Further(here.with_query(rest_route=route, per_page=str(A_PAGE), page="1", orderby="date")))
    return tuple(found)


def _entry(entry: fields.Node, address: str) -> Post:
    """A medium: the file itself. A post: its content and the pictures that stand for it elsewhere."""
    page = absolute(address, fields.text(entry, "link")) or address
    collected = Collected(page)
    if fields.text(entry, "media_type") == "image" or fields.text(entry, "mime_type").startswith("image/"):
        collected.picture(fields.text(entry, "source_url"), "media")
    collected.picture(fields.text(entry, "jetpack_featured_media_url"), "featured")
    for named in fields.each(entry, "yoast_head_json", "og_image"):
        collected.picture(fields.text(named, "url"), "og_image")
    markup(fields.text(entry, "content", "rendered"), collected)
    markup(fields.text(entry, "excerpt", "rendered"), collected)
    return post(page, collected)
