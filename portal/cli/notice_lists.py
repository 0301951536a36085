"""`watchlight notice types` and `notice facts`: what is on offer, how complete it is, how fresh the facts are."""

from datetime import UTC, datetime
from typing import Annotated

import typer

from portal.cli import say

Json = Annotated[bool, typer.Option("--json", help="One JSON object per line.")]


def add_to(group: typer.Typer) -> None:
    """Add the two commands to `watchlight notice`."""
    group.command("types")(types)
    group.command("facts")(facts)


def types(
    table: Annotated[
        bool, typer.Option("--table", help="A completeness table: one line per notice and language.")
    ] = False,
    as_json: Json = False,
) -> None:
    """List the notices on offer, with the languages they are written in and what they need."""
    from alerts.notices.offered import everything
    from alerts.notices.tabled import rows

    if table:
        for row in rows(datetime.now(UTC)):
            say.json_line(vars(row)) if as_json else say.line(row.line())
        return
    for each in everything():
        if as_json:
            say.json_line(vars(each))
            continue
        title = each.title.get("en") or each.id
        languages = "card" if each.card else ", ".join(each.languages)
        say.line(f"{each.id:<29} {languages:<24} {each.jurisdiction:<7} {title}")
        say.line(f"{'':<29} needs: {', '.join(each.needs) or 'nothing of ours'}")
        say.line(f"{'':<29} must not hold: {', '.join(each.must_not_include) or 'nothing of ours'}")
        say.line(f"{'':<29} certainty {each.certainty}, as of {each.as_of}. Not legal advice.")


def facts(
    stale: Annotated[bool, typer.Option("--stale", help="Only what somebody must look up again.")] = False,
    as_json: Json = False,
) -> None:
    """Say how fresh the facts behind the letters are; old ones are not shown any more."""
    from alerts.notices.facts import facts as known

    today = datetime.now(UTC).date()
    listed = known(today).stale() if stale else known(today).ages()
    for each in listed:
        if as_json:
            say.json_line(vars(each))
        else:
            mark = "hidden" if each.hidden else "shown "
            say.line(f"{mark}  {each.as_of}  {each.days:>4} days  {each.kind:<8} {each.name}  [{each.source}]")
    if not listed and not as_json:
        say.line("Nothing is due for another look.")
