"""What a place answers: posts with their pictures, and the answers that lie behind it. Plain values for spiders.

A reader of a kind of place is a function `job(untrusted, *, address, content_type, options)` that ends in
`Answer(...).to_json()`; the spider of that kind (`crawler.spiders.answers`) needs nothing more.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from crawler.images import Seen


@dataclass(frozen=True, slots=True)
class Post:
    """One post: `address` is the page where a person would find it, `seen` what it shows and where it leads."""

    address: str
    seen: Seen


@dataclass(frozen=True, slots=True)
class Further:
    """Another answer of the place. `deeper`: it is one link further from the start (a topic), not the next page.

    `priority` as the frontier's: answers that wait behind others have a negative one.
    """

    address: str
    deeper: bool = False
    priority: int = 0


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer as a reader understood it; `refusals` counts by reason what it left out itself."""

    posts: tuple[Post, ...] = ()
    further: tuple[Further, ...] = ()
    refusals: Mapping[str, int] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """Return plain values, so that a worker can hand them over."""
        return {
            "posts": [{"address": post.address, "seen": post.seen.to_json()} for post in self.posts],
            "further": [
                {"address": one.address, "deeper": one.deeper, "priority": one.priority} for one in self.further
            ],
            "refusals": dict(self.refusals),
        }


def at_once(posts: list[Post], most: int = 400) -> tuple[Post, ...]:
    """Split posts of very many pictures (a folder of files): the engine looks at 400 of one item."""
    parts: list[Post] = []
    for post in posts:
        pictures = post.seen.pictures
        parts.append(Post(post.address, Seen(pictures[:most], post.seen.links, post.seen.refusals)))
        parts += [Post(post.address, Seen(pictures[n : n + most])) for n in range(most, len(pictures), most)]
    return tuple(parts)
