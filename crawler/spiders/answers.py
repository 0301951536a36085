"""AnswersSpider: what spiders of APIs and boards stand on. A reader in crawler/places says everything about an answer.

The spider hands each answer to its reader in a killable worker, says what the posts show, and asks for what lies
behind. An address as people know it (the board, the tag, the profile) becomes the API's just before it is asked for.
"""

import importlib
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any, ClassVar

from scrapy.http import Request, Response

from crawler.images import Seen
from crawler.items import PageSeen
from crawler.spiders.pages import PagesSpider, content_type
from crawler.workers import JobRefused


class AnswersSpider(PagesSpider):
    """Base of spiders whose reader, the file of the same name in crawler/places, understands one answer at a time."""

    name = ""
    accept: ClassVar[str] = "application/json"
    reads_other_pages: ClassVar[bool] = False
    """Whether pages below the start that the reader does not know are read as any page ("not-a-..." elsewhere)."""

    def asked(self, address: str) -> str:
        """Return the address to ask for in the place of the one people know, as the reader of this kind says."""
        reader = importlib.import_module(f"crawler.places.{self.name}")
        return str(reader.asked(address)) if hasattr(reader, "asked") else address

    def prepare(self, request: Request) -> Request:
        """Ask the API instead of the page that people look at."""
        headers = {**request.headers, "Accept": self.accept}
        return request.replace(url=self.asked(request.url), headers=headers)

    async def parse(self, response: Response) -> AsyncIterator[Any]:
        """Say what one answer shows, then ask for what lies behind it."""
        try:
            answer = await self.work(
                "crawler.places.answers:job",
                response.body,
                kind=self.name,
                address=response.url,
                content_type=content_type(response),
                options=dict(self.target.options),
            )
        except JobRefused as refused:
            if not (self.reads_other_pages and refused.reason.startswith("not-a-") and self.depth(response) > 0):
                raise
            yield await self.look(response)
            return
        for output in self.told(response, answer):
            yield output

    def told_of(self, response: Response, seen: Seen, address: str) -> PageSeen:
        """Return one post: where its words lead is mentioned, not followed; the reader says what lies behind."""
        page = self.shown(response, seen, address)
        return replace(page, links=(), mentions=page.links)

    def told(self, response: Response, answer: dict[str, Any]) -> list[Any]:
        """Turn a reader's answer into what the engine understands."""
        depth = self.depth(response)
        posts = [self.told_of(response, Seen.from_json(post["seen"]), post["address"]) for post in answer["posts"]]
        further = [
            self.follow(one["address"], depth + bool(one["deeper"]), priority=int(one["priority"]))
            for one in answer["further"]
        ]
        return [*posts, self.seen(response, refusals=answer["refusals"]), *further]
