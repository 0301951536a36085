"""`watchlight run`: the one long-running command; portal, due crawls, matching, alerts and re-checks until told to stop."""

from typing import Annotated

import typer

from portal.cli import say


def add_to(app: typer.Typer) -> None:
    """Add the command to `watchlight`."""
    app.command("run")(run)


def run(
    port: Annotated[int | None, typer.Option(help="Port of the portal on this machine (8620).")] = None,
) -> None:
    """Keep everything running: portal, due crawls, matching, alerts, re-checks. Ctrl-C or SIGTERM stops cleanly."""
    from crawler.errors import CrawlerError
    from portal.house import AlreadyRunning, BadSetting, keep_house
    from registry.errors import RegistryError

    try:
        unfinished = keep_house(port)
    except (AlreadyRunning, BadSetting) as error:
        say.fail(str(error))
    except (CrawlerError, RegistryError, OSError) as error:
        say.fail(str(error), code=say.FAILURE)
    if unfinished:
        say.fail(f"Stopped, but not cleanly: {', '.join(unfinished)} did not end in time.", code=say.FAILURE)
