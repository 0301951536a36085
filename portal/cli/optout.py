"""`watchlight target optout ...`: hosts whose owners asked to be left alone."""

from dataclasses import asdict
from typing import Annotated

import typer

from portal.cli import say
from portal.cli.crawl_door import open_store

Json = Annotated[bool, typer.Option("--json", help="One JSON object per line.")]

group = typer.Typer(help="Hosts whose owners asked to be left alone. No crawl passes this list.", no_args_is_help=True)


def add_to(targets: typer.Typer) -> None:
    """Add the commands to `watchlight target`."""
    targets.add_typer(group, name="optout")


@group.command("add")
def add(
    host: Annotated[
        list[str], typer.Argument(metavar="HOST...", help="A host; everything below it is left alone too.")
    ],
    reason: Annotated[str, typer.Option(help="Who asked and when, for whoever looks later. Name no person.")] = "",
) -> None:
    """Leave a host and everything below it alone from now on: pages, pictures, re-checks, rendered pages."""
    from crawler.errors import BadTarget
    from crawler.optouts import plain_host

    try:
        hosts = [plain_host(one) for one in host]
    except BadTarget as error:
        say.fail(str(error))
    optouts = open_store().optouts
    for one in hosts:
        optouts.add(one, reason)
        say.line(
            f"{one} and everything below it is left alone from now on; crawls under way heed it within 30 seconds."
        )


@group.command("list")
def list_(as_json: Json = False) -> None:
    """List the hosts that are left alone."""
    kept = open_store().optouts.all()
    if not kept and not as_json:
        say.line("Nobody has asked to be left alone.")
    for one in kept:
        if as_json:
            say.json_line(asdict(one))
        else:
            say.line(f"{one.host:<40} since {one.added_at:%Y-%m-%d}  {one.reason}".rstrip())


@group.command("remove")
def remove(host: str) -> None:
    """Take a host off the list: it may be looked at again."""
    from crawler.errors import BadTarget

    try:
        there = open_store().optouts.remove(host)
    except BadTarget as error:
        say.fail(str(error))
    if not there:
        say.fail(f"{host} is not on the list; `watchlight target optout list` shows it.")
    say.line(f"{host} may be looked at again.")
