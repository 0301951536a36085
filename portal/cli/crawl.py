"""`watchlight crawl`: look at the places until done, with progress and an honest summary."""

import signal
import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from portal.cli import live_view, say

if TYPE_CHECKING:
    from crawler.records import Run


def add_to(app: typer.Typer) -> None:
    """Add the command to `watchlight`."""
    app.command("crawl")(crawl)


def crawl(
    targets: Annotated[list[str] | None, typer.Argument(metavar="[TARGET]...", help="None: all not paused.")] = None,
    url: Annotated[list[str] | None, typer.Option(help="Look at this address, too; may be repeated.")] = None,
    due: Annotated[bool, typer.Option("--due", help="Leave out pages whose own interval has not passed.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object per target at the end.")] = False,
) -> None:
    """Look at public places until everything was looked at that may be. Ctrl-C stops cleanly."""
    names = targets or []
    store = _checked_store(names, url or [])
    from crawler.run import last_crawls, start_crawl

    began = datetime.now(UTC)
    process = start_crawl(names, url or [], arguments=["--due"] if due else [])
    stopped = _watch(store, process, began, quiet=as_json)
    runs = [run for run in last_crawls(store).values() if run.started_at >= began or _touched(run, began)]
    for run in sorted(runs, key=lambda one: one.target):
        _summary(store, run, as_json=as_json)
    if process.returncode != 0 and not stopped:
        say.fail(
            "The crawl could not go on; the lines above say why. Nothing seen so far is lost: "
            "run the same command again to go on.",
            code=say.FAILURE,
        )
    if stopped:
        say.fail("Stopped. Run the same command again to go on where it stopped.", code=130)


def _checked_store(names: list[str], urls: list[str]) -> Any:
    """Open the store and make sure that there is something to look at, before a process is started."""
    from crawler.errors import CrawlerError, StoreUnavailable
    from crawler.store import CrawlStore
    from crawler.targets import CrawlTarget

    try:
        store = CrawlStore.open()
        for name in names:
            store.targets.get(name)
        for address in urls:
            CrawlTarget(name="url", urls=(address,))
    except StoreUnavailable as error:
        say.fail(str(error), code=say.FAILURE)
    except CrawlerError as error:
        say.fail(str(error))
    if not names and not urls and not any(not target.paused for target in store.targets.all()):
        say.fail("There is no target to look at. Add one with: watchlight target add NAME URL")
    return store


def _touched(run: "Run", began: datetime) -> bool:
    return run.finished_at is None or run.finished_at >= began


def _watch(store: Any, process: Any, began: datetime, *, quiet: bool) -> bool:
    """Show progress until the process ends; return whether somebody stopped it."""
    stopped = False

    def stop(*_: object) -> None:
        nonlocal stopped
        if not stopped and process.poll() is None:
            process.terminate()
        stopped = True

    before = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        if quiet:
            process.wait()
        elif sys.stdout.isatty():
            live_view.show(store, process, began)
        else:
            live_view.tell(store, process, began)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    return stopped


def _summary(store: Any, run: "Run", *, as_json: bool) -> None:
    """Say what was seen in one place, what was not and why, and what is left."""
    left = store.frontier.left(run.id, datetime.now(UTC))
    if as_json:
        say.json_line({**run.to_dict(), "waiting": left.waiting + left.later, "given_up": left.poison})
        return
    say.line(
        f"{run.target}: {run.pages} pages, {run.pictures} pictures "
        f"({run.known_pictures} known already), {run.new_sightings} new sightings"
    )
    for reason, count in run.refusals.items():
        say.line(f"    not used: {count} x {reason}")
    if left.next_at is not None:
        say.line(f"    {left.later} pages wait until {left.next_at:%Y-%m-%d %H:%M} UTC, as their site asked.")
    if left.waiting:
        say.line(f"    {left.waiting} pages are left for the next crawl.")
