"""`watchlight doctor`: what is missing on this machine and how to get it."""

from typing import Annotated

import typer

from portal.cli import say

MARKS = {"well": "ok     ", "missing": "missing", "broken": "BROKEN "}


def add_to(app: typer.Typer) -> None:
    """Add the command to `watchlight`."""
    app.command("doctor")(doctor)


def doctor(
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object per finding.")] = False,
    get_browser: Annotated[bool, typer.Option(help="Try to get a Chromium without root.")] = False,
) -> None:
    """Say in plain words what is missing (browser, fonts, mail, clock, databases) and how to get it."""
    from portal.doctor import examine

    if get_browser:
        from crawler.browser import get_chromium

        say.line(str(get_chromium()))
    broken = False
    for finding in examine():
        broken = broken or finding.state == "broken"
        if as_json:
            told = {"name": finding.name, "state": finding.state, "words": finding.words, "remedy": finding.remedy}
            say.json_line(told)
            continue
        say.line(f"{MARKS[finding.state]}  {finding.name}: {finding.words}")
        if finding.remedy:
            say.line(f"         -> {finding.remedy}")
    if broken:
        say.fail("Something above is BROKEN: mend it before you rely on this machine.", code=say.FAILURE)
