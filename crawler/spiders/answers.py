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
from crawler.places.answers import Asked
from crawler.spiders.pages import PagesSpider, content_type
from crawler.workers import JobRefused

BELOW, LIST = "below", "list"
"""In the note of a page: the number below which it lies in its list, and the list's name."""


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
        answer["further"] = await self._unread(response, answer)
        for output in self.told(response, answer):
            yield output

    async def _unread(self, response: Response, answer: dict[str, Any]) -> list[dict[str, Any]]:
        """Return what lies behind an answer, paging back only to the last seen post; gaps are gone through."""
        further: list[dict[str, Any]] = answer["further"]
        back, note = any(one["back"] for one in further), self.note(response)
        stretch = answer["stretch"]
        if stretch is None and BELOW in note and not (answer["posts"] or further):
            # Nothing lies below: the list was read to its start.
            stretch = {"name": note[LIST], "low": 0, "high": 0}
        if stretch is None or not (back or BELOW in note):
            return further
        # A page asked for as what lies below 105 gives every post below 105, also where some were deleted.
        low, high = int(stretch["low"]), max(int(stretch["high"]), int(note.get(BELOW, 0)) - 1)
        # Where the chosen day is reached, the list ends for us; with another day it is another list.
        name = f"{self.target.options.get('since', '')} {stretch['name']}"
        below = await self.read_on(response, name, low, high, at_start=not back)
        told = [_below(one, low, below) if one["back"] else one for one in further if not one["back"] or below]
        return [{**one, "note": {BELOW: one["below"], LIST: stretch["name"]}} if one["back"] else one for one in told]

    def trusts_unchanged(self, url: str) -> bool:
        """How far a list was read is asked afresh each time, as far as its reader knows the numbers of its posts."""
        reader = importlib.import_module(f"crawler.places.{self.name}")
        return not hasattr(reader, "Stretch") and super().trusts_unchanged(url)

    def told_of(self, response: Response, seen: Seen, address: str) -> PageSeen:
        """Return one post: where its words lead is mentioned, not followed; the reader says what lies behind."""
        page = self.shown(response, seen, address)
        return replace(page, links=(), mentions=page.links)

    def told(self, response: Response, answer: dict[str, Any]) -> list[Any]:
        """Turn a reader's answer into what the engine understands."""
        depth = self.depth(response)
        posts = [self.told_of(response, Seen.from_json(post["seen"]), post["address"]) for post in answer["posts"]]
        further = [
            self.follow(
                one["address"],
                depth + bool(one["deeper"]),
                priority=int(one["priority"]),
                note=one.get("note"),
            )
            for one in answer["further"]
        ]
        return [*posts, self.seen(response, refusals=answer["refusals"]), *further]


def _below(one: dict[str, Any], low: int, below: int | None) -> dict[str, Any]:
    """Return the way back to what was not read yet: straight to it where the place can be asked so."""
    if below is None or below == low or not one["jump"]:
        return {**one, "below": low}
    return {**one, "address": Asked(one["address"]).with_query(**{one["jump"]: str(below)}), "below": below}
