"""AnswersSpider: what spiders of APIs and boards stand on. A reader in crawler/places says everything about an answer.

The spider hands each answer to its reader in a killable worker, says what the posts show, and asks for what lies
behind. An address as people know it (the board, the tag, the profile) becomes the API's just before it is asked for.
"""

from collections.abc import AsyncIterator
from typing import Any, ClassVar

from scrapy.http import Request, Response

from crawler.images import Seen
from crawler.spiders.pages import PagesSpider, content_type


class AnswersSpider(PagesSpider):
    """Base of spiders whose reader understands one answer at a time."""

    name = ""
    reader: ClassVar[str] = ""
    """The job of the reader: "crawler.places.lemmy:job"."""
    accept: ClassVar[str] = "application/json"

    def asked(self, address: str) -> str:
        """Return the address to ask for in the place of `address`; the same when it is the API's already."""
        return address

    def prepare(self, request: Request) -> Request:
        """Ask the API instead of the page that people look at."""
        headers = {**request.headers, "Accept": self.accept}
        return request.replace(url=self.asked(request.url), headers=headers)

    async def parse(self, response: Response) -> AsyncIterator[Any]:
        """Say what one answer shows, then ask for what lies behind it."""
        answer = await self.work(
            self.reader,
            response.body,
            address=response.url,
            content_type=content_type(response),
            options=dict(self.target.options),
        )
        for output in self.told(response, answer):
            yield output

    def told(self, response: Response, answer: dict[str, Any]) -> list[Any]:
        """Turn a reader's answer into what the engine understands."""
        depth = self.depth(response)
        posts = [self.shown(response, Seen.from_json(post["seen"]), post["address"]) for post in answer["posts"]]
        further = [
            self.follow(one["address"], depth + bool(one["deeper"]), priority=int(one["priority"]))
            for one in answer["further"]
        ]
        return [*posts, self.seen(response, refusals=answer["refusals"]), *further]
