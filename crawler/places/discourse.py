"""Discourse: every page of a forum is there as JSON as well: lists of topics, and topics of twenty posts a page.

Source: docs.discourse.org ("Topics", "Categories"); the fields of a topic list and of a post stream.
"""

import re
from math import ceil

import ada_url

from crawler.images import Unreadable
from crawler.images.addresses import absolute
from crawler.images.collected import Collected
from crawler.places import fields
from crawler.places.answers import Answer, Asked, Further, Post, markup, post
from crawler.places.recognised import SURE, Sign

KIND = "discourse"
REFUSALS = {
    "not-a-topic-list": "The answer is JSON, but neither a list of topics nor a topic of Discourse. Start at the "
    "forum, a category (/c/NAME/NUMBER), a tag or a topic; the forum may be for members only.",
}
POSTS_A_PAGE = 20
MOST_PAGES = 200
AVATAR = "288"
LISTS = re.compile(r"/(?:latest|new|top|hot|c/.+|tags?/.+|categories)$")
TOPIC = re.compile(r"(?P<topic>.*/t/(?:[^/]+/)?\d{1,12})(?:/\d+)?(?:\.json)?$")


def recognise(_address: str, page: str) -> Sign | None:
    """A page whose generator says so."""
    if 'content="Discourse ' in page or "discourse-application" in page or 'id="data-discourse-setup"' in page:
        return Sign(SURE, "it says that it is Discourse")
    return None


def asked(address: str) -> str:
    """Return the JSON of the forum, category, tag or topic that people open."""
    url = ada_url.URL(address)
    path = str(url.pathname).rstrip("/")
    if path.endswith(".json"):
        return address
    if topic := TOPIC.match(path):
        path = topic["topic"]
    elif not LISTS.search(path):
        path += "/latest"
    url.pathname = f"{path}.json"
    return str(url.href)


def read(untrusted: bytes, asked: Asked) -> Answer:
    """Read a list of topics or one page of a topic; raise Unreadable ("not-a-topic-list", ...)."""
    found = fields.tree(untrusted)
    if isinstance(fields.at(found, "topic_list", "topics"), list):
        return _topics(found, asked)
    if isinstance(fields.at(found, "post_stream", "posts"), list):
        return _topic(found, asked.address)
    raise Unreadable("not-a-topic-list", REFUSALS["not-a-topic-list"])


def _topics(found: fields.Node, asked: Asked) -> Answer:
    """Each topic with the picture that stands for it; pinned topics are old and come first all the same."""
    topics = [one for one in fields.each(found, "topic_list", "topics") if fields.number(one, "id")]
    fresh, refusals = asked.fresh(topics, lambda one: fields.moment(one, "last_posted_at"))
    posts = [_standing_for(one, asked.address) for one in fresh]
    further = [Further(f"{_topic_address(one, asked.address)}.json", deeper=True) for one in fresh]
    more = fields.text(found, "topic_list", "more_topics_url")
    if more and all(one in fresh for one in topics if fields.at(one, "pinned") is not True):
        further += _next_list(more, asked.address)
    return Answer(tuple(posts), tuple(further), refusals)


def _standing_for(topic: fields.Node, address: str) -> Post:
    page = _topic_address(topic, address)
    collected = Collected(page)
    collected.picture(fields.text(topic, "image_url"), "image_url")
    return post(page, collected)


def _topic_address(topic: fields.Node, address: str) -> str:
    slug = fields.text(topic, "slug")
    path = f"{_home(address)}t/{slug + '/' if slug else ''}{fields.number(topic, 'id')}"
    return absolute(address, path) or address


def _home(address: str) -> str:
    """The folder of the forum: it may lie below its host (https://place.example/forum/)."""
    path = str(ada_url.URL(address).pathname)
    found = re.match(r"(.*?/)(?:latest|new|top|hot|c/|tags?/|t/|categories|posts)", path)
    return found[1] if found else "/"


def _next_list(more: str, address: str) -> list[Further]:
    """`more_topics_url` is the page people would see next; its JSON has the same query."""
    url = absolute(address, more)
    if url is None:
        return []
    parts = ada_url.URL(url)
    if not str(parts.pathname).endswith(".json"):
        parts.pathname = f"{parts.pathname}.json"
    return [Further(str(parts.href), priority=-10)]


def _topic(found: fields.Node, address: str) -> Answer:
    page = _topic_address(found, address)
    posts = [_post(one, page) for one in fields.each(found, "post_stream", "posts")]
    further = []
    if "page=" not in address and fields.number(found, "posts_count") > POSTS_A_PAGE:
        last = min(ceil(fields.number(found, "posts_count") / POSTS_A_PAGE), MOST_PAGES)
        further = [Further(f"{page}.json?page={number}") for number in range(2, last + 1)]
    return Answer(tuple(posts), tuple(further))


def _post(one: fields.Node, page: str) -> Post:
    number = fields.number(one, "post_number")
    where = f"{page}/{number}" if number > 1 else page
    collected = Collected(page)
    avatar = fields.text(one, "avatar_template").replace("{size}", AVATAR)
    if "letter_avatar" not in avatar:
        collected.picture(avatar, "avatar")
    markup(fields.text(one, "cooked"), collected, lightbox="lightbox")
    return post(where, collected)
