"""One place at a time: add it, look before adding, pause, drain, tune it, and see its coverage and yield over time."""

from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from fastapi import Request, Response
from starlette.exceptions import HTTPException

from crawler.errors import BadTarget, CrawlerError, UnknownTarget
from crawler.kinds import kinds
from crawler.probe import probe as look_at
from crawler.targets import CrawlTarget
from portal.web import pages
from portal.web.access import Role, door, house, visitor_of
from portal.web.forms import Fields
from portal.web.operator.plots import plots
from portal.web.operator.target_forms import EVERY, NUMBERS, TICKS, Typed, new_target, tuned, typed_of
from portal.web.rooms import room

router = room()

DAYS = 30
OFTEN = "30 per hour"  # one look takes a crawler's process up to a minute and a half
USUAL = CrawlTarget(name="usual", urls=("https://example.com/",))
NAMED = ("name", "urls", "kind")


@router.get("/operator/targets/new")
@door(Role.OPERATOR)
def ask(request: Request) -> Response:
    """Ask for a new place."""
    return _form(request, typed_of(USUAL))


@router.post("/operator/targets")
@door(Role.OPERATOR)
def add(request: Request, fields: Fields) -> Response:
    """Add a place, or show the form again with what is wrong beside its field."""
    read = new_target(fields)
    if read.target is None:
        return _form(request, fields, read)
    try:
        house(request).crawl_store.targets.add(read.target)
    except BadTarget:
        return _form(request, fields, Typed(None, frozenset({"taken"})))
    return pages.go(f"/operator/targets/{read.target.name}")


@router.post("/operator/targets/probe")
@door(Role.OPERATOR)
def probe(request: Request, fields: Fields) -> Response:
    """Look at an address without storing anything, and offer what was seen to the form."""
    house(request).pace.require(OFTEN, "probe", str(visitor_of(request).someone.id))
    url = fields.get("url", "")
    try:
        found: dict[str, Any] | None = look_at(url, plain=fields.get("plain") == "yes")
    except BadTarget:
        return _form(request, {**typed_of(USUAL), "url": url}, Typed(None, frozenset({"url"})))
    except CrawlerError:
        return _form(request, {**typed_of(USUAL), "url": url}, Typed(None, frozenset({"slow"})))
    assert found is not None
    return _form(request, {**typed_of(USUAL), "url": url, "urls": url, "kind": found["kind"]}, found=found)


@router.get("/operator/targets/{name}")
@door(Role.OPERATOR)
def one(request: Request, name: str) -> Response:
    """Show one place."""
    return _page(request, _target(request, name))


@router.post("/operator/targets/{name}/tune")
@door(Role.OPERATOR)
def tune(request: Request, name: str, fields: Fields) -> Response:
    """Change pace, depth and budget, from the next crawl on."""
    target = _target(request, name)
    read = tuned(target, fields)
    if read.target is None:
        return _page(request, target, fields, read.wrong)
    house(request).crawl_store.targets.add(read.target, replace=True)
    return pages.go(f"/operator/targets/{name}")


@router.post("/operator/targets/{name}/state")
@door(Role.OPERATOR)
def change_state(request: Request, name: str, fields: Fields) -> Response:
    """Pause a place, let it finish and pause it, or look at it again."""
    targets, do = house(request).crawl_store.targets, fields.get("do", "")
    try:
        if do == "drain":
            targets.drain(name)
        elif do in ("pause", "resume"):
            targets.pause(name, do == "pause")
    except UnknownTarget as error:
        raise HTTPException(404) from error
    return pages.go(f"/operator/targets/{name}")


@router.post("/operator/targets/{name}/remove")
@door(Role.OPERATOR)
def remove(request: Request, name: str, fields: Fields) -> Response:
    """Forget a paused place and what was seen in it, once somebody says that they mean it."""
    target = _target(request, name)
    if not target.paused:
        return _page(request, target, wrong=frozenset({"not-paused"}))
    if fields.get("sure") != "yes":
        return _page(request, target, wrong=frozenset({"not-sure"}))
    house(request).crawl_store.targets.remove(name)
    return pages.go("/operator")


def _target(request: Request, name: str) -> CrawlTarget:
    try:
        return house(request).crawl_store.targets.get(name)
    except UnknownTarget as error:
        raise HTTPException(404) from error


def _page(
    request: Request,
    target: CrawlTarget,
    typed: Mapping[str, str] | None = None,
    wrong: frozenset[str] = frozenset(),
) -> Response:
    store, now = house(request).crawl_store, datetime.now(UTC)
    since = (now - timedelta(days=DAYS - 1)).replace(hour=0, minute=0, second=0, microsecond=0)
    crawls = [run for run in store.coverage.started_since(since) if run.target == target.name]
    return pages.page(
        request,
        "operator/target.html",
        status=422 if wrong else 200,
        target=target,
        draining=target.name in store.targets.draining(),
        plots=plots(crawls, now, DAYS),
        days=DAYS,
        crawls=crawls,
        refusals=sum((Counter(run.refusals) for run in crawls), Counter[str]()).most_common(),
        typed=typed or typed_of(target),
        wrong=wrong,
        numbers=(*NUMBERS, EVERY),
        ticks=TICKS,
    )


def _form(
    request: Request, typed: Mapping[str, str], read: Typed | None = None, found: Mapping[str, Any] | None = None
) -> Response:
    wrong = read.wrong if read else frozenset[str]()
    return pages.page(
        request,
        "operator/target_new.html",
        status=422 if wrong else 200,
        typed=typed,
        wrong=wrong,
        found=found,
        kinds=sorted(kinds()),
        numbers=(*NUMBERS, EVERY),
        ticks=TICKS,
    )
