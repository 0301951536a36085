"""`watchlight recheck`: look whether a page is gone, and say so only when that is certain."""

import subprocess
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from portal.cli import say
from portal.cli.registry_door import opened

if TYPE_CHECKING:
    from alerts.verdict import Verdict
    from crawler.recheck import Observation
    from registry.cases import Exposure
    from registry.database import Registry

LONGEST_S = 1800.0  # for all addresses together; what is not answered by then stays "unknown"


def add_to(app: typer.Typer) -> None:
    """Add the command to `watchlight`."""
    app.command("recheck")(recheck)


def recheck(
    exposure: Annotated[
        list[str] | None, typer.Argument(metavar="[EXPOSURE]...", help="None: all that are due.")
    ] = None,
    apart: Annotated[float, typer.Option(help="Minutes that must lie between the two looks that 'gone' needs.")] = 30.0,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object per exposure.")] = False,
) -> None:
    """Look again at exposures. Unclear is never "gone"."""
    with opened() as registry:
        chosen = _named(registry, exposure) if exposure else _due(registry)
        if not chosen:
            say.line("Nothing is due: a re-check follows a letter that was sent. Name exposures to look now.")
            return
        seen = _look([address for each in chosen for address in _addresses(each)])
        verdicts = _judge(registry, chosen, seen, timedelta(minutes=apart))
    for each, found in verdicts:
        if as_json:
            say.json_line({"exposure": each.id, "verdict": found.outcome, "detail": found.detail})
        else:
            say.line(f"{str(each.id)[:8]}  {found.outcome:<12} {WORDS.get(found.detail, found.detail)}")


WORDS = {
    "gone-once": "absent now; looked at again later before anybody says gone",
    "absent-twice": "page and picture are absent, on two looks",
    "said-and-absent": "the page says it was removed, and the picture file is absent, on two looks",
    "not-on-the-page": "the page no longer holds the picture, and its file is absent, on two looks",
    "picture-found": "the picture is still there",
    "on-the-page": "the picture is still on the page",
    "a-cache-serves-it": "a cache still serves the picture",
    "at-another-address": "the page moved, and the picture with it",
    "kept-out": "the host does not let us look",
    "kept-out-once": "the host let us look only sometimes",
    "closed-to-our-country": "the host shows it to people of some countries only",
    "members-or-adults-only": "only members or adults may look",
    "no-answer-or-error": "no answer, or the server has trouble",
    "said-in-words": "the page says in words that it is not there; that is not proof",
    "led-to-the-front-page": "the address leads to the front page now; that is not proof",
    "led-elsewhere": "the address leads somewhere else now",
    "the-page-still-names-the-file": "the page still points at the picture, whose file we are not given",
    "filled-by-scripts": "a script fills the page; whether the picture is in it cannot be told",
    "nothing-but-a-stand-in": "a stand-in page of the host or of a domain seller",
    "not-to-be-seen": "the answer could not be read",
    "answers-without-the-picture": "there is an answer; whether the picture is in it cannot be told",
    "picture-absent-page-answers": "the picture file is absent, the page answers",
    "page-absent-picture-answers": "the page is absent, the picture file answers",
    "host-answers-all-alike": "the host answers us the same whatever we ask",
    "host-in-trouble": "absent, but the whole host is in trouble",
    "host-keeps-us-out": "absent, but the host keeps us out elsewhere",
    "front-page-not-seen": "absent, but the site's front page could not be seen",
    "not-looked": "not looked at",
}


def _named(registry: "Registry", typed: list[str]) -> list["Exposure"]:
    from alerts.removal import may_look_again
    from portal.cli.exposures import chosen

    with registry.reading() as tx:
        found = [chosen(tx, each) for each in typed]
        for each in found:
            if not may_look_again(tx, each):
                say.fail(
                    f"{str(each.id)[:8]} is not looked at: the person is under age, or has withdrawn consent. "
                    "For a minor the police and the hotline check."
                )
    return found


def _due(registry: "Registry") -> list["Exposure"]:
    from alerts.removal import due

    return due(registry, datetime.now(UTC))


def _addresses(exposure: "Exposure") -> tuple[str, ...]:
    from alerts.removal import addresses

    return addresses(exposure)


def _look(urls: list[str]) -> list["Observation"]:
    """Let the crawler look, under all its rules, and return what it saw."""
    from crawler.errors import StoreUnavailable
    from crawler.run import start_crawl
    from crawler.store import CrawlStore

    try:
        store = CrawlStore.open()
        asked = store.rechecks.ask(list(dict.fromkeys(urls)))
        _finish(start_crawl(arguments=["--recheck"]))
        return store.rechecks.observations(asked)
    except StoreUnavailable as error:
        say.fail(str(error), code=say.FAILURE)


def _finish(process: "subprocess.Popen[bytes]") -> None:
    """Wait for the crawler; when it takes too long or we are stopped, let it stop cleanly first."""
    try:
        process.wait(LONGEST_S)
    except (subprocess.TimeoutExpired, KeyboardInterrupt):
        process.terminate()
        process.wait(60)


def _judge(
    registry: "Registry", chosen: list["Exposure"], seen: list["Observation"], apart: timedelta
) -> list[tuple["Exposure", "Verdict"]]:
    from alerts.removal import judge
    from alerts.triage import LiveIndex

    live = LiveIndex()
    live.refresh(registry)
    asked = {each.id: set(_addresses(each)) for each in chosen}
    return [
        (each, judge(registry, each, [look for look in seen if look.url in asked[each.id]], live.index, apart=apart))
        for each in chosen
    ]
