"""`watchlight run`: the one long-running command; everything goes on until it is told to stop."""

from typing import Annotated

import typer

from portal.cli import say


def add_to(app: typer.Typer) -> None:
    """Add the command to `watchlight`."""
    app.command("run")(run)


def run(
    port: Annotated[int | None, typer.Option(help="Port of the portal on this machine (8620).")] = None,
    only: Annotated[
        list[str] | None, typer.Option(help="Some duties of a fleet: portal, crawl, match, house; may be repeated.")
    ] = None,
) -> None:
    """Keep everything running: portal, due crawls, matching, alerts, re-checks. Ctrl-C or SIGTERM stops cleanly."""
    from crawler.errors import AlreadyAtWork, CrawlerError
    from portal.duties import UnknownDuty
    from portal.house import AlreadyRunning, BadSetting, keep_house
    from registry.errors import RegistryError

    try:
        unfinished = keep_house(port, only or ())
    except (AlreadyRunning, BadSetting, UnknownDuty, AlreadyAtWork) as error:
        say.fail(str(error))
    except (CrawlerError, RegistryError, OSError) as error:
        say.fail(str(error), code=say.FAILURE)
    if unfinished:
        say.fail(f"Stopped, but not cleanly: {', '.join(unfinished)} did not end in time.", code=say.FAILURE)
