"""How a page ends that gave nothing to read (an error, a redirect, a page not due), and how new entries begin."""

from scrapy.http import Request

from crawler.coverage import NOT_DUE
from crawler.discovery.echoes import echo
from crawler.memory import Gave
from crawler.outcomes import Entry, NewEntry, Outcome
from crawler.refusals import PATIENCE, Later, Stopping, may_pass, reason_of
from crawler.spiders.base import DEPTH, NOTE
from crawler.targets import CrawlTarget
from crawler.work import PageWork

HOPS = 5


def went_wrong(work: PageWork, error: BaseException) -> None:
    """Name what went wrong with a page, and close it: to be tried again later, or not at all."""
    if isinstance(error, Stopping):
        work.back()
    elif isinstance(error, Later) and error.reason in PATIENCE:
        work.later(error.until, error.reason)
    elif may_pass(error):
        work.again(reason_of(error), error.until if isinstance(error, Later) else None)
    else:
        work.refuse_page(reason_of(error), getattr(error, "status", None))
    work.closed()


def redirected(work: PageWork, to: str, target: CrawlTarget) -> None:
    """Close a page that sent us on: its new address becomes an entry of its own, where we may look at it."""
    entry = work.entry
    if entry.hops >= HOPS:
        work.refuse_page("redirects")
    elif not target.in_scope(to):
        work.refuse_page("off-scope")
    elif (reason := echo(to, target.scope_hosts)) and to not in target.urls:
        work.refuse_page(reason)
    else:
        work.outcome.reason = "redirected"
        priority = 1_000  # the page was due now; its new address is, too
        work.found(NewEntry(to, entry.depth, entry.callback, entry.note, priority, entry.hops + 1))
    work.closed()


def left_for_later(entry: Entry, known: Gave) -> Outcome:
    """Return the outcome of a page that is not due: its links are gone through, nothing of it is seen again."""
    found = [one.deeper(entry.depth) for one in known.found]
    return Outcome(entry, reason=NOT_DUE, found=found)


def new_entry(request: Request) -> NewEntry:
    """Return the frontier entry for a request that a spider made with `follow`."""
    callback = getattr(request.callback, "__name__", "parse")
    return NewEntry(
        request.url,
        depth=int(request.meta.get(DEPTH, 0)),
        callback=callback,
        note=dict(request.meta.get(NOTE) or {}),
        priority=request.priority,
    )
