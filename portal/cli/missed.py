"""`watchlight target missed NAME`: which pages of a place were not used, and why, so that somebody can look there."""

from typing import Annotated

import typer

from portal.cli import say
from portal.cli.crawl_door import open_store


def add_to(group: typer.Typer) -> None:
    """Add the command to `watchlight target`."""
    group.command("missed")(missed)


def missed(
    name: str,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="How many pages to list at most.")] = 50,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object per line.")] = False,
) -> None:
    """List the pages of the last crawl that were not used, each with the reason and what to do."""
    from crawler import advice
    from crawler.errors import UnknownTarget

    store = open_store()
    try:
        store.targets.get(name)
    except UnknownTarget as error:
        say.fail(str(error))
    pages = store.pages.missed(name, limit)
    told = ""
    for page in pages:
        if as_json:
            about = advice.about(page.reason)
            say.json_line({"reason": page.reason, "url": page.address, "state": page.state, "advice": about})
            continue
        if page.reason != told:
            told = page.reason
            say.line(f"{page.reason}  {advice.about(page.reason)}".rstrip())
        say.line(f"  {page.address}" + ("  (waits to be asked for again)" if page.state == "waiting" else ""))
    if not pages and not as_json:
        say.line("No page of the last crawl was left out. `watchlight target show` counts pictures, too.")
    if len(pages) == limit and not as_json:
        say.line(f"There may be more: --limit {limit * 10} lists further ones.")
