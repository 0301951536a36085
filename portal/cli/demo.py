"""`watchlight demo`: the whole road in about a minute, on a made-up web with made-up people."""

import signal
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from portal.cli import say


def add_to(app: typer.Typer) -> None:
    """Add the command to `watchlight`."""
    app.command("demo")(demo)


def demo(
    keep: Annotated[bool, typer.Option("--keep", help="Keep the demo's data folder, to look around in.")] = False,
    crawl_database_url: Annotated[
        str | None,
        typer.Option(envvar="WATCHLIGHT_CRAWL_DATABASE_URL", help="An empty database for what is seen."),
    ] = None,
    registry_database_url: Annotated[
        str | None,
        typer.Option(envvar="WATCHLIGHT_REGISTRY_DATABASE_URL", help="An empty database for the people."),
    ] = None,
    picture: Annotated[
        Path | None, typer.Option(dir_okay=False, writable=True, help="Also write the last table as an SVG picture.")
    ] = None,
    get_browser: Annotated[
        bool, typer.Option(help="Try to get a Chromium when there is none (once; may take minutes).")
    ] = True,
) -> None:
    """Walk the whole road: a made-up web, three made-up people, a crawl, matches, a mail, a notice."""
    say.line("Watchlight demo: everything happens on this machine; people, pages and pictures are made up.")
    from portal.demo.show import Show
    from portal.demo.stage import DatabaseInUseError
    from portal.demo.story import Choices, tell

    show = Show(picture=picture)
    signal.signal(signal.SIGTERM, _leave)
    choices = Choices(keep, crawl_database_url, registry_database_url, get_browser)
    try:
        code = tell(choices, show)
    except DatabaseInUseError as refusal:
        say.fail(str(refusal))
    raise typer.Exit(code)


def _leave(_number: int, _frame: object) -> NoReturn:
    """End like after Ctrl-C: the crawler stops, and what the demo wrote is removed."""
    raise SystemExit(128 + signal.SIGTERM)
