"""What a place answers: posts with their pictures, and the answers that lie behind it. Plain values for spiders.

A reader of a kind of place is a file of this folder with `read(untrusted: bytes, asked: Asked) -> Answer`; the spider
of the same name (`crawler.spiders.answers`) needs nothing more.
"""

import importlib
import itertools
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import quote, urlencode

import ada_url

from crawler.images import Seen
from crawler.images.collected import Collected
from crawler.images.markup import Element, html_tree
from crawler.images.page import Walk
from crawler.images.text import picture_words
from crawler.places import fields
from crawler.places.fields import Node

LONGEST_PROSE = 200_000
LARGEST_NUMBER = 2**62
IN_BRACKETS = re.compile(r"(!?)\[[^\[\]\n]{0,500}\]\(\s{0,4}<?(https?://[^\s()<>]{1,2000})")
BARE = re.compile(r"https?://[^\s<>()\[\]\"'`]{4,2000}")


@dataclass(frozen=True, slots=True)
class Asked:
    """What was asked for: the answer's `address`, its Content-Type header, and the options of the target."""

    address: str
    content_type: str = ""
    options: Mapping[str, str] = field(default_factory=dict)

    @property
    def origin(self) -> str:
        """Scheme, host and port of the place: https://place.example."""
        return str(ada_url.URL(self.address).origin)

    @property
    def query(self) -> dict[str, str]:
        """The first value of every name in the address' query."""
        values = dict(ada_url.parse_search_params(ada_url.URL(self.address).search))
        return {name: given[0] for name, given in values.items()}

    def with_query(self, **changed: str | None) -> str:
        """Return the same address with some of its query changed, or left out (None)."""
        url = ada_url.URL(self.address)
        query = {name: value for name, value in {**self.query, **changed}.items() if value is not None}
        url.search = urlencode(query, quote_via=quote, safe="/")
        return str(url.href)

    def fresh(
        self, things: Sequence[Node], when: Callable[[Node], datetime | None]
    ) -> tuple[list[Node], dict[str, int]]:
        """Return what is not from before the day that the operator chose (`since`), and the others counted."""
        first = fields.day(self.options.get("since", ""))
        kept = [one for one in things if first is None or (at := when(one)) is None or at >= first]
        return kept, {"before-since": len(things) - len(kept)} if len(kept) < len(things) else {}


@dataclass(frozen=True, slots=True)
class Post:
    """One post: `address` is the page where a person would find it, `seen` what it shows and where it leads."""

    address: str
    seen: Seen


@dataclass(frozen=True, slots=True)
class Further:
    """Another answer of the place. `deeper`: it is one link further from the start (a topic), not the next page.

    `priority` as the frontier's: answers that wait behind others have a negative one. `back`: it gives what lies
    before the stretch that this answer gives; `jump` is the name in its query that says below which number, if any.
    """

    address: str
    deeper: bool = False
    priority: int = 0
    back: bool = False
    jump: str = ""


@dataclass(frozen=True, slots=True)
class Stretch:
    """That every post of the list `name` from number `low` to `high` is in an answer, the newest first."""

    name: str
    low: int
    high: int

    @classmethod
    def of(cls, name: str, numbers: Sequence[int]) -> "Stretch | None":
        """Return the stretch of these numbers in the order of the answer; None for a list in another order (pinned)."""
        falling = all(one >= other for one, other in itertools.pairwise(numbers))
        in_range = bool(numbers) and numbers[-1] > 0 and numbers[0] < LARGEST_NUMBER
        return cls(name, numbers[-1], numbers[0]) if falling and in_range else None

    @classmethod
    def of_times(cls, name: str, times: Sequence[datetime | None]) -> "Stretch | None":
        """Return the stretch of posts by the second in which they were made."""
        return cls.of(name, [int(one.timestamp()) for one in times if one is not None])


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer as a reader understood it; `refusals` counts by reason what it left out itself."""

    posts: tuple[Post, ...] = ()
    further: tuple[Further, ...] = ()
    refusals: Mapping[str, int] = field(default_factory=dict)
    stretch: Stretch | None = None

    def to_json(self) -> dict[str, Any]:
        """Return plain values, so that a worker can hand them over."""
        return {
            "posts": [{"address": post.address, "seen": post.seen.to_json()} for post in self.posts],
            "further": [asdict(one) for one in self.further],
            "stretch": None if self.stretch is None else asdict(self.stretch),
            "refusals": dict(self.refusals),
        }


def job(untrusted: bytes, *, kind: str, address: str, content_type: str, options: Mapping[str, str]) -> dict[str, Any]:
    """Let the reader of a kind read an answer, in a worker; return plain JSON values."""
    reader = importlib.import_module(f"crawler.places.{kind}")
    answer: Answer = reader.read(untrusted, Asked(address, content_type, options))
    return answer.to_json()


def post(address: str, collected: Collected) -> Post:
    """Return the post at `address` with everything that was collected of it."""
    refusals = dict(collected.refusals)
    return Post(address, Seen(collected.pictures, collected.links, refusals, videos=collected.videos))


def without_sources(images: Iterable[Element]) -> None:
    """Take the addresses from pictures that stand for another one: thumbnails of what is linked, smileys."""
    for image in list(images):
        for name in ("src", "srcset", "data-src", "data-url"):
            image.attrib.pop(name, None)


def markup(untrusted: str, collected: Collected, *, lightbox: str = "") -> None:
    """Collect from a piece of HTML inside an answer: the words of a post, the content of an entry.

    `lightbox` is the class of links whose picture is a smaller copy of what they lead to.
    """
    # Boards break long addresses with <wbr>, which is no break; <br> is one, and leaves no trace in the tree's text.
    parted = untrusted.replace("<br", "\n<br").replace("<wbr>", "")
    tree = html_tree(parted) if "<" in parted else None
    if tree is not None:
        for link in tree.iter("a") if lightbox else ():
            if lightbox in (link.get("class") or "").split():
                without_sources(link.iter("img"))
        Walk(collected).read(tree)
        parted = "".join(tree.itertext())
    prose(parted, collected)


def prose(untrusted: str, collected: Collected) -> None:
    """Collect from words in Markdown or plain text: pictures, addresses of picture files, links."""
    for inside in IN_BRACKETS.findall(untrusted[:LONGEST_PROSE]):
        picture, address = inside
        if picture:
            collected.picture(address, "markdown")
        else:
            collected.link(address)
    for word in picture_words(untrusted[:LONGEST_PROSE]):
        if "://" in word:
            collected.picture(word, "text")
    for address in BARE.findall(untrusted[:LONGEST_PROSE]):
        collected.link(address.rstrip(".,;:!?"))


def at_once(posts: list[Post], most: int = 400) -> tuple[Post, ...]:
    """Split posts of very many pictures (a folder of files): the engine looks at 400 of one item."""
    parts: list[Post] = []
    for post in posts:
        pictures = post.seen.pictures
        first = Seen(pictures[:most], post.seen.links, post.seen.refusals, videos=post.seen.videos)
        parts.append(Post(post.address, first))
        parts += [Post(post.address, Seen(pictures[n : n + most])) for n in range(most, len(pictures), most)]
    return tuple(parts)
