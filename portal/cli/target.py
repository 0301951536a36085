"""`watchlight target ...`: the public places the crawler may look at."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from portal.cli import missed, optout, say
from portal.cli.crawl_door import open_store
from portal.cli.progress import long_work

if TYPE_CHECKING:
    from crawler.coverage import Looked

Json = Annotated[bool, typer.Option("--json", help="One JSON object per line.")]

group = typer.Typer(help="The public places the crawler may look at.", no_args_is_help=True)


def add_to(app: typer.Typer) -> None:
    """Add the commands to `watchlight`."""
    app.add_typer(group, name="target")
    optout.add_to(group)
    missed.add_to(group)


def _seconds(hours: float | None) -> float | None:
    return None if hours is None else hours * 3600


def _given(**fields: Any) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value not in (None, [], ())}


@group.command("add")
def add(
    name: Annotated[str, typer.Argument(help="A short name of your own for the place.")],
    urls: Annotated[list[str], typer.Argument(metavar="URL...", help="Where to start looking.")],
    kind: Annotated[str, typer.Option(help="Which spider looks at it; see `watchlight target kinds`.")] = "pages",
    depth: Annotated[int | None, typer.Option(help="Links away from the start (2).")] = None,
    max_pages: Annotated[int | None, typer.Option(help="Pages a crawl may look at (500).")] = None,
    max_pictures: Annotated[int | None, typer.Option(help="Pictures a crawl may look at (10000).")] = None,
    max_hours: Annotated[float | None, typer.Option(help="Hours a crawl may take (6).")] = None,
    delay: Annotated[float | None, typer.Option(help="Seconds between two requests to one site (1).")] = None,
    every: Annotated[float | None, typer.Option(help="Hours until it is looked at again (24).")] = None,
    soonest: Annotated[float | None, typer.Option(help="Hours a changing page is left alone, at least.")] = None,
    latest: Annotated[float | None, typer.Option(help="Hours an unchanging page is left alone, at most.")] = None,
    quiet: Annotated[str, typer.Option(metavar="23:00-07:00", help="No page is begun then; commas for more.")] = "",
    host: Annotated[list[str] | None, typer.Option(help="Another host whose pages belong to it.")] = None,
    path: Annotated[list[str] | None, typer.Option(help="Only pages whose path starts like this.")] = None,
    reason: Annotated[str, typer.Option(help="Why we look here, for whoever asks later.")] = "",
    shown: Annotated[
        bool, typer.Option("--shown", help="People may read its name where we say where we looked.")
    ] = False,
    whole_only: Annotated[
        bool, typer.Option("--whole-image-only", help="Do not look for parts of photos here: a tenth of the work.")
    ] = False,
    videos: Annotated[bool, typer.Option("--videos", help="Look into its videos (needs the extra `video`).")] = False,
    option: Annotated[list[str] | None, typer.Option(help="NAME=VALUE for this kind of spider.")] = None,
    as_json: Json = False,
) -> None:
    """Add a public place."""
    from crawler.errors import CrawlerError
    from crawler.kinds import kinds, spider_for
    from crawler.targets import CrawlTarget

    options = dict(pair.partition("=")[::2] for pair in option or [])
    fields = _given(
        depth=depth,
        max_pages=max_pages,
        max_pictures=max_pictures,
        max_hours=max_hours,
        delay_s=delay,
        quiet_hours=quiet or None,
        interval_s=_seconds(every),
        interval_min_s=_seconds(soonest),
        interval_max_s=_seconds(latest),
        paths=tuple(path or ()),
        reason=reason,
        shown=shown,
        whole_image_only=whole_only,
        videos=videos,
        options=options or None,
    )
    try:
        spider = spider_for(kind, kinds())
        target = CrawlTarget(name=name, urls=tuple(urls), kind=kind, **fields)
        if host:
            target = target.changed(hosts=(*sorted(target.scope_hosts), *host))
        spider.check(target)
        open_store().targets.add(target)
    except CrawlerError as error:
        say.fail(str(error))
    if videos and not target.looks_at_videos:
        say.line("Nothing here can open videos yet: pip install 'watchlight[video]'. Until then they are counted only.")
    if as_json:
        say.json_line(target.to_dict())
    else:
        say.line(f"Added {target.name}. Look at it now with: watchlight crawl {target.name}")
        if spider.caution:
            say.line(f"Note: {spider.caution}")


@group.command("kinds")
def kinds_(as_json: Json = False) -> None:
    """List the kinds of places there are spiders for."""
    from crawler.kinds import kinds

    for name, spider in sorted(kinds().items()):
        words = (spider.__doc__ or "").strip().splitlines()[0] if spider.__doc__ else ""
        if as_json:
            say.json_line({"kind": name, "about": words, "options": dict(spider.options), "caution": spider.caution})
            continue
        say.line(f"{name:<16} {words}")
        for option, sentence in spider.options.items():
            say.line(f"{'':<16}   --option {option}=...  {sentence}")


@group.command("list")
def list_(as_json: Json = False) -> None:
    """List the places, with their last crawl."""
    store = open_store()
    runs = store.pages.last_runs()
    targets, draining = store.targets.all(), store.targets.draining()
    if not targets and not as_json:
        say.line("There are no targets yet. Add one with: watchlight target add NAME URL")
    for target in targets:
        run = runs.get(target.name)
        if as_json:
            say.json_line({**target.to_dict(), "last_crawl": run.to_dict() if run else None})
            continue
        state = "draining" if target.name in draining else "paused" if target.paused else "active"
        last = (
            f"{run.pages} pages, {run.pictures} pictures, {run.started_at:%Y-%m-%d %H:%M} UTC"
            if run
            else "never crawled"
        )
        say.line(f"{target.name:<20} {target.kind:<10} {state:<8} {last}")


@group.command("show")
def show(name: str, as_json: Json = False) -> None:
    """Show one place and what its last crawl saw and refused."""
    from crawler import advice
    from crawler.errors import UnknownTarget

    store = open_store()
    try:
        target = store.targets.get(name)
    except UnknownTarget as error:
        say.fail(str(error))
    run = store.pages.last_runs().get(name)
    crawls = store.coverage.of(name)
    if as_json:
        last = run.to_dict() if run else None
        say.json_line({**target.to_dict(), "last_crawl": last, "crawls": [one.to_dict() for one in crawls]})
        return
    for field, value in target.to_dict().items():
        if value not in ("", [], {}, False, None):
            say.line(f"{field:<14} {', '.join(map(str, value)) if isinstance(value, list) else value}")
    if run is None:
        say.line("It was never crawled.")
        return
    ended = f"{run.finished_at:%Y-%m-%d %H:%M} UTC, {run.ended_because}" if run.finished_at else "not finished"
    say.line(f"{'last crawl':<14} {run.started_at:%Y-%m-%d %H:%M} UTC to {ended}")
    say.line(f"{'seen':<14} {run.pages} pages, {run.pictures} pictures, {run.new_sightings} new sightings")
    say.line(f"{'pages':<14} {in_words(crawls[-1].pages)}")
    say.line(f"{'pictures':<14} {in_words(crawls[-1].pictures)}")
    if run.finished_at and not crawls[-1].complete:
        say.line(
            f"{'limit':<14} The crawl did not get to its end ({run.ended_because}): there is more that nobody saw."
        )
    for kin in store.kin.of_target(target, store.targets.all()):
        say.line(f"{'kin':<14} It {kin.in_words()}")
    for reason, count in run.refusals.items():
        say.line(f"{'not used':<14} {count} x {reason}")
        if sentence := advice.about(reason):
            say.line(f"{'':<14}   {sentence}")


def in_words(looked: "Looked") -> str:
    """Say in one line what came of pages or pictures; what is zero is left out."""
    words = {
        "new": looked.new,
        "changed": looked.changed,
        "unchanged": looked.unchanged,
        "not due": looked.not_due,
        "no usable fingerprint": looked.unusable,
        "failed": looked.failed,
        "refused by robots.txt": looked.robots,
        "out of budget": looked.budget,
    }
    return ", ".join(f"{count} {word}" for word, count in words.items() if count) or "none"


@group.command("remove")
def remove(name: str) -> None:
    """Forget a place and what waits in it. Sightings already made keep their own time."""
    _change("remove", name, "Removed {}.")


@group.command("pause")
def pause(name: str) -> None:
    """Stop looking at a place until it is resumed; a crawl under way stops after the pages in its hands."""
    _change("pause", name, "Paused {}.")


@group.command("drain")
def drain(name: str) -> None:
    """Finish what waits of a place, take up nothing new, then pause it."""
    from crawler.errors import UnknownTarget

    try:
        waits = open_store().targets.drain(name)
    except UnknownTarget as error:
        say.fail(str(error))
    say.line(f"Draining {name}: what waits is finished, then it is paused." if waits else f"Paused {name}.")


@group.command("resume")
def resume(name: str) -> None:
    """Look at a paused place again."""
    _change("resume", name, "Resumed {}.")


def _change(what: str, name: str, said: str) -> None:
    from crawler.errors import UnknownTarget

    targets = open_store().targets
    try:
        if what == "remove":
            targets.remove(name)
        else:
            targets.pause(name, what == "pause")
    except UnknownTarget as error:
        say.fail(str(error))
    say.line(said.format(name))


@group.command("export")
def export(
    file: Annotated[Path | None, typer.Argument(help="TOML file; without it, standard output.")] = None,
) -> None:
    """Write all places as TOML."""
    from crawler.targets import to_toml

    text = to_toml(open_store().targets.all())
    if file is None:
        say.line(text.rstrip("\n"))
        return
    try:
        file.write_text(text, encoding="utf-8")
    except OSError as error:
        say.fail(f"Cannot write {file}: {error.strerror}.", code=say.FAILURE)
    say.line(f"Wrote {text.count('[[target]]')} targets to {file}.")


@group.command("import")
def import_(
    file: Annotated[Path, typer.Argument(help="TOML file with one [[target]] table each.")],
    replace: Annotated[bool, typer.Option(help="Replace targets of the same name.")] = False,
) -> None:
    """Add the places of a TOML file: all of them, or none when one is wrong."""
    from crawler.errors import BadTarget, CrawlerError
    from crawler.kinds import kinds, spider_for
    from crawler.targets import CrawlTarget, read_placed

    store = open_store()
    there, taken = kinds(), {} if replace else {target.name: target for target in store.targets.all()}

    def check(target: CrawlTarget) -> None:
        spider_for(target.kind, there).check(target)
        if taken.get(target.name, target) != target:  # the same once more: an earlier import was interrupted
            raise BadTarget(f"There is a target called {target.name!r} already; rename it, or --replace what is kept.")

    try:
        with long_work(store, "reading", "targets") as told:
            targets = [target for target, _ in read_placed(file, check, told)]
        with long_work(store, "import", "targets") as told:
            store.targets.put_all(targets, told)
    except CrawlerError as error:
        say.fail(str(error))
    say.line(f"Added {len(targets)} targets.")
