"""`watchlight stats`: how notices went, per platform and kind of notice, in numbers that name nobody."""

from datetime import UTC, datetime
from typing import Annotated

import typer

from portal.cli import say
from portal.cli.registry_door import opened


def add_to(app: typer.Typer) -> None:
    """Add the command to `watchlight`."""
    app.command("stats")(stats)


def stats(
    public: Annotated[bool, typer.Option("--public", help="Only numbers about enough people to be published.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object per line.")] = False,
) -> None:
    """Say what was sent, answered, removed and there again, and how long removal takes, open notices included."""
    from alerts.statistics import LEAST_INSIDE, LEAST_PUBLIC, statistics

    least = LEAST_PUBLIC if public else LEAST_INSIDE
    with opened() as registry, registry.reading() as tx:
        rows = statistics(tx, datetime.now(UTC), least=least)
    for row in rows:
        if as_json:
            say.json_line(row.as_json())
    if as_json:
        return
    if not rows:
        say.line(f"Nothing to show yet: a number is shown when it is about at least {least} people.")
        return
    say.line(
        f"{'platform':<18}{'notice':<24}{'sent':>6}{'open':>6}{'answ.':>6}{'gone':>6}{'back':>6}{'median':>9}{'p90':>9}"
    )
    for row in rows:
        counts = (row.sent, row.still_open, row.answered, row.removed, row.re_appeared)
        cells = "".join(f"{'-' if each is None else each:>6}" for each in counts)
        times = "".join(f"{'-' if each is None else f'{each:.0f} h':>9}" for each in (row.median_hours, row.p90_hours))
        say.line(f"{row.platform:<18}{row.notice_type:<24}{cells}{times}")
    say.line(
        f"-: about fewer than {least} people on one side, or not reached yet. Times are upper bounds; docs/removal.md."
    )
