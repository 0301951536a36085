"""Public channel previews in the structure of t.me/s: every post is a page of its own, older posts lie behind.

Only what is shown to anybody without an account. A channel that shows no preview is counted as "no-preview".
"""

from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from typing import Any, ClassVar

import ada_url
from scrapy.http import Response

from crawler.images import Seen
from crawler.spiders.pages import PagesSpider, content_type

NEWEST_FIRST = 10
"""Older pages wait behind newer ones of other channels."""


class TelegramSpider(PagesSpider):
    """Reads a channel back from its newest post."""

    name = "telegram"
    handles: ClassVar[tuple[str, ...]] = ("://t.me/", "://telegram.me/")
    options: ClassVar = {"since": "a day; posts before it are left alone, and the way back ends there"}

    async def parse(self, response: Response) -> AsyncIterator[Any]:
        """Say what each post shows, then ask for the posts before them."""
        channel = await self.work(
            "crawler.places.channels:job",
            response.body,
            address=response.url,
            content_type=content_type(response),
            since=self.target.options.get("since", ""),
        )
        for post in channel["posts"]:
            page = self.shown(response, Seen.from_json(post["seen"]), url=post["address"])
            # All channels lie on one host: what a post leads to is mentioned, or one target would become them all.
            yield replace(page, links=(), mentions=page.links)
        preview = preview_address(response.url)
        empty = not channel["posts"] and not channel["before_since"]
        nothing = empty and preview is None and "before=" not in response.url
        refusals = {"no-preview": 1} if nothing else {}
        if channel["before_since"]:
            refusals["before-since"] = int(channel["before_since"])
        yield self.seen(
            response,
            pictures=Seen.from_json(channel["about"]).pictures,
            refusals=refusals,
        )
        if preview and empty:
            yield self.follow(preview, self.depth(response))
        elif older := await self._unread(response, channel):
            # Going back in time is not going deeper: the target's max_pages ends it.
            yield self.follow(older, self.depth(response), priority=-NEWEST_FIRST)

    def trusts_unchanged(self, url: str) -> bool:  # noqa: ARG002 - the base's interface
        """How far a channel was read is asked afresh each time; its pages are few."""
        return False

    async def _unread(self, response: Response, channel: Mapping[str, Any]) -> str | None:
        """Return the address of the newest posts before this page that were not read yet."""
        numbers = [int(post["address"].rpartition("/")[2]) for post in channel["posts"]]
        older: str | None = channel["older"]
        if not numbers:
            return older
        # A page asked for with before=105 gives every post below 105, also where some were deleted.
        high = max([*numbers, *(before - 1 for before in _before(response.url))])
        low = min([*numbers, *(_before(older) if older else ())])
        name = str(channel["posts"][0]["address"]).rpartition("/")[0]
        below = await self.read_on(response, name, low, high, at_start=older is None and not channel["before_since"])
        if below is None or older is None:
            return None
        return older if below == low else _with_before(older, below)


def _before(address: str) -> list[int]:
    """Return the number that ?before= names, if it names one."""
    found = ada_url.parse_search_params(ada_url.URL(address).search).get("before", [])
    return [int(word) for word in found[:1] if word.isascii() and word.isdigit() and len(word) < 13]


def _with_before(address: str, number: int) -> str:
    """Return the same address with another number after ?before=."""
    url = ada_url.URL(address)
    url.search = f"before={number}"
    return str(url.href)


def preview_address(address: str) -> str | None:
    """https://t.me/channel -> https://t.me/s/channel; None for what is a preview already."""
    url = ada_url.URL(address)
    parts = [part for part in str(url.pathname).split("/") if part]
    if not parts or parts[0] == "s" or not parts[0].replace("_", "").isalnum():
        return None
    url.pathname, url.search = f"/s/{parts[0]}", ""
    return str(url.href)
