"""`watchlight target probe URL`: look before you add. Nothing is stored."""

from typing import Annotated, Any

import typer

from portal.cli import say
from portal.cli.target import Json, group

MOST_HOSTS = 4


@group.command("probe")
def probe(
    url: str,
    plain: Annotated[
        bool, typer.Option("--plain", help="Ask for this one page only: no rendering, no estimate.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Look at a place without storing anything: what robots.txt says, what is seen, which spider fits, how long."""
    from crawler.errors import CrawlerError
    from crawler.probe import probe as look

    try:
        found = look(url, plain=plain)
    except CrawlerError as error:
        say.fail(str(error), code=say.WRONG_USE)
    if as_json:
        say.json_line(found)
        return
    for name, words in _lines(found):
        say.line(f"{name:<12} {words}")
    if found["estimate"]:
        say.line("Nothing was stored, and no picture was fetched. Add it with: watchlight target add NAME URL")


def _lines(found: dict[str, Any]) -> list[tuple[str, str]]:
    delay, sitemaps = found["crawl_delay_s"], found["sitemaps"]
    robots = found["robots"] + (f"; asks for {delay:g} s between two requests" if delay else "")
    robots += f"; names {sitemaps} sitemaps" if sitemaps else ""
    lines = [("robots.txt", robots), ("answer", str(found["status"] or found["refusal"]))]
    if found["status"] and found["refusal"]:
        lines.append(("not read", str(found["refusal"])))
    lines += [
        ("pictures", _pictures(found)),
        ("links", f"{found['links']}, {found['links_in_scope']} of them in scope"),
    ]
    lines += [("would fetch", address) for address in found["would_fetch"]]
    hosts = sorted(found["picture_hosts"].items(), key=lambda pair: -pair[1])
    lines += [("pictures on", f"{host} ({count})") for host, count in hosts[:MOST_HOSTS]]
    because = next((fit["because"] for fit in found["fits"] if fit["kind"] == found["kind"]), "")
    lines.append(("kind", f"{found['kind']}{f': {because}' if because else ''}"))
    if found["pictures_rendered"] is not None and found["pictures_rendered"] > found["pictures"]:
        lines.append(("", "Chromium shows more than the page as it is sent: consider --kind rendered"))
    return [*lines, *_estimate(found["estimate"])]


def _pictures(found: dict[str, Any]) -> str:
    plainly = f"{found['pictures']} seen on the page as it is sent"
    if found["pictures_rendered"] is not None:
        return f"{plainly}, {found['pictures_rendered']} in Chromium"
    return plainly if found["rendering"] == "not asked for" else f"{plainly}; rendering: {found['rendering']}"


def _estimate(estimate: dict[str, Any] | None) -> list[tuple[str, str]]:
    if not estimate:
        return []
    about = f"about {estimate['pages']} pages and {estimate['pictures']} pictures, {estimate['hours']:g} hours"
    basis = f"depth {estimate['depth']}, from the start page and {estimate['sampled']} more"
    budget = "; the budget of a crawl ends before the place does" if estimate["capped"] else ""
    return [("estimate", f"{about} ({basis}){budget}")]
