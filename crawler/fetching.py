"""What a page is made of, fetched through every guard, without Scrapy's queues in between.

The guards are the engine's own downloader middlewares, in the order of settings.py, and the download handler below
them: one that is added there holds here, too. What is left out is bookkeeping that nobody reads (slots, signals, one
task and several Deferreds for each step): it took more time than the transfer. How much is in the air at once, and from
whom, is bounded by the handler, for pages and pictures together.
"""

import asyncio
import inspect
from collections.abc import Callable
from typing import Any

from scrapy.crawler import Crawler
from scrapy.http import Request, Response
from twisted.internet.defer import Deferred

from crawler.refusals import NotFetched, Stopping

MOST_HOPS = 20
"""Requests made for one answer; the redirect middleware gives up long before."""


async def fetch(crawler: Crawler, request: Request) -> Response:
    """Return what a server answers, redirects followed; raises what a guard or the download handler raises.

    Raises Stopping when the crawl is ending.
    """
    engine = crawler.engine
    for _ in range(MOST_HOPS):
        if engine is None or not engine.running:
            raise Stopping
        answer = await _through(engine.downloader.middleware.methods, engine.downloader.handlers, request)
        if isinstance(answer, Response):
            return answer
        request = answer
    raise NotFetched("redirects")


async def _through(guards: Any, handlers: Any, request: Request) -> Response | Request:
    """Ask every guard, fetch, and show every guard what came; each of them may refuse, or answer with a request."""
    try:
        answer = await _first(guards["process_request"], request=request)
        if answer is None:
            answer = await handlers.download_request_async(request)
    except Exception as error:
        answer = await _first(guards["process_exception"], request=request, exception=error)
        if answer is None:
            raise
    if isinstance(answer, Request):
        return answer
    for guard in guards["process_response"]:
        said = guard(request=request, response=answer)
        answer = said if isinstance(said, Response) else await _done(said)
        if isinstance(answer, Request):
            return answer
    assert isinstance(answer, Response)
    if answer.request is None:
        answer.request = request
    return answer


async def _first(guards: "list[Callable[..., Any]]", **what: Any) -> Any:
    """Return what the first of these says that says anything."""
    for guard in guards:
        said = guard(**what)
        if said is not None and (said := await _done(said)) is not None:
            return said
    return None


async def _done(said: Any) -> Any:
    """Return what a guard said; most say it at once."""
    if isinstance(said, Request | Response):
        return said
    if isinstance(said, Deferred):
        return await said.asFuture(asyncio.get_running_loop())
    return await said if inspect.isawaitable(said) else said
