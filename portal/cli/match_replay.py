"""`watchlight match replay`: what other limits would have found, missed and raised, from stored decisions."""

import math
from typing import TYPE_CHECKING, Annotated

import typer

from portal.cli import say
from portal.cli.registry_door import opened

if TYPE_CHECKING:
    from alerts.replay import Finds, Replay


def replay(
    context: typer.Context,
    list_limits: Annotated[bool, typer.Option("--limits", help="Show every limit with its shipped value.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False,
) -> None:
    """Try other limits on stored decisions, such as --near 36 --least-bits 80. Nothing is touched or told.

    Any limit can be changed by its name: --limits lists them.
    """
    from alerts import replay as replaying

    if list_limits:
        for name, value in replaying.names().items():
            say.line(f"--{name.replace('_', '-')} {value:g}")
        return
    changed = _changed(context.args, replaying.names())
    with opened() as registry, registry.reading() as tx:
        report = replaying.replay(tx, *replaying.limits(changed))
    if as_json:
        say.json_line({"limits": changed, **report.to_dict()})
    else:
        _tell(report)


def _changed(untrusted: list[str], known: dict[str, float]) -> dict[str, float]:
    """Return the limits that were named, from `--name value` and `--name=value`."""
    changed, words = {}, [word for each in untrusted for word in each.split("=", 1)]
    for name, value in zip(words[::2], [*words[1::2], ""], strict=False):
        limit = name.removeprefix("--").replace("-", "_")
        if not name.startswith("--") or limit not in known:
            say.fail(f"There is no limit {name}: `watchlight match replay --limits` lists them.")
        try:
            changed[limit] = float(value)
        except ValueError:
            say.fail(f"{name} wants a number, such as {name} {known[limit]:g}.")
        if not (math.isfinite(changed[limit]) and changed[limit] >= 0):
            say.fail(f"{name} wants a number from 0, not {value}.")
    return changed


def _tell(report: "Replay") -> None:
    if not report.pairs:
        say.line("No decisions are stored yet: `watchlight match` stores them as it compares.")
        return
    say.line(f"From {report.pairs:,} decisions since {report.since:%Y-%m-%d}; a find is one picture on one page.")
    say.line(f"As it was:       {_finds(report.found)}")
    say.line(f"Still found:     {_finds(report.kept)}")
    say.line(f"Not found:       {_finds(report.lost)}")
    say.line(f"Found besides:   {report.raised:,} new alerts, for {report.raised_for:,} people")
    if report.silenced:
        say.line(f"Not told anyway: {report.silenced:,}, their pictures were dismissed or are common")
    if report.beyond:
        wide = ", ".join(f"--{name.replace('_', '-')}" for name in report.beyond)
        say.line(f"At least so many: what lies as far as {wide} would let in was never stored.")
    if report.crowded:
        say.line(f"{report.crowded:,} decisions stood beside more near misses than are kept.")
    if report.other_rules:
        say.line(f"{report.other_rules:,} decisions were weighed by an older version and are left out.")


def _finds(some: "Finds") -> str:
    said = f"{some.confirmed:,} confirmed, {some.dismissed:,} dismissed, {some.unanswered:,} without an answer"
    return f"{some.all:,} ({said})"
