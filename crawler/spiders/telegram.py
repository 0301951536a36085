"""Public channel previews in the structure of t.me/s: every post is a page of its own, older posts lie behind.

Only what is shown to anybody without an account. A channel that shows no preview is counted as "no-preview".
"""

from collections.abc import AsyncIterator
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

    async def parse(self, response: Response) -> AsyncIterator[Any]:
        """Say what each post shows, then ask for the posts before them."""
        channel = await self.work(
            "crawler.places.channels:job",
            response.body,
            address=response.url,
            content_type=content_type(response),
        )
        for post in channel["posts"]:
            yield self.shown(response, Seen.from_json(post["seen"]), url=post["address"])
        preview = preview_address(response.url)
        nothing = not channel["posts"] and preview is None and "before=" not in response.url
        yield self.seen(
            response,
            pictures=Seen.from_json(channel["about"]).pictures,
            refusals={"no-preview": 1} if nothing else {},
        )
        if preview and not channel["posts"]:
            yield self.follow(preview, self.depth(response))
        elif channel["older"]:
            # Going back in time is not going deeper: the target's max_pages ends it.
            yield self.follow(channel["older"], self.depth(response), priority=-NEWEST_FIRST)


def preview_address(address: str) -> str | None:
    """https://t.me/channel -> https://t.me/s/channel; None for what is a preview already."""
    url = ada_url.URL(address)
    parts = [part for part in str(url.pathname).split("/") if part]
    if not parts or parts[0] == "s" or not parts[0].replace("_", "").isalnum():
        return None
    url.pathname, url.search = f"/s/{parts[0]}", ""
    return str(url.href)
