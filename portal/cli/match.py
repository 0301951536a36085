"""`watchlight match`: compare what was seen with what is enrolled, and send the alerts that follow from it."""

import os
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from portal.cli import say
from portal.cli.match_replay import replay
from portal.cli.progress import long_work
from portal.cli.registry_door import opened

if TYPE_CHECKING:
    from alerts.outbox import DrainReport
    from alerts.triage import MatchReport
    from registry.database import Registry


group = typer.Typer(help="Compare new sightings with all enrolments.", invoke_without_command=True)


def add_to(app: typer.Typer) -> None:
    """Add the command, and the one below it, to `watchlight`."""
    group.command("replay", context_settings={"allow_extra_args": True, "ignore_unknown_options": True})(replay)
    app.add_typer(group, name="match")


@group.callback()
def match(
    context: typer.Context,
    retro: Annotated[bool, typer.Option("--retro", help="Read the whole log again, for everybody.")] = False,
    send: Annotated[bool, typer.Option(help="Also send the alerts that are due.")] = True,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False,
) -> None:
    """Compare new sightings with all enrolments, and new enrolments with everything seen before."""
    if context.invoked_subcommand is not None:
        return
    from alerts.seen_again import join_later_looks
    from alerts.triage import LiveIndex, match_new, match_retro
    from matchers.archive import ArchiveUnreadable
    from portal.marking import mark_matches

    with opened() as registry:
        store = _store()
        log = store.log
        live = LiveIndex()
        with long_work(store, "rebuild", "blocks", quiet=as_json) as told:
            log.blocks.seal(told=told)
        with long_work(store, "index", "photos", quiet=as_json) as told:
            live.refresh(registry, told)
        try:
            with long_work(store, "look-back", "sightings", quiet=as_json) as told:
                report = match_new(registry, log, live, archive=store.archive, progress=told)
                if retro:
                    report += match_retro(registry, log, archive=store.archive, progress=told)
        except ArchiveUnreadable as error:
            say.fail(str(error), code=say.FAILURE)
        join_later_looks(registry, log, datetime.now(UTC))
        mark_matches(registry, store)
        sent = _send(registry) if send else None
        unreachable = _unreachable(registry)
    if as_json:
        say.json_line({**vars(report), **(vars(sent) if sent else {}), "undeliverable": unreachable})
        return
    _report(report, len(live.outdated))
    if sent:
        _tell(sent)
    if unreachable:
        say.line(f"{unreachable} alerts reached nobody: `watchlight alerts` names them and says why.")
    if report.exposures:
        say.line("`watchlight exposures` lists what was found.")


def _report(report: "MatchReport", outdated: int) -> None:
    """Say what was compared, and what of it is not told."""
    if outdated:
        say.line(
            f"{outdated} photos were enrolled by an older version and are not looked for: "
            "ask their people to enrol them again (`watchlight enrol`, or in the portal)."
        )
    again = f", {report.past} of the past looked at again" if report.past else ""
    say.line(f"{report.sightings} sightings compared{again}: {report.exposures} new exposures, {report.alerts} alerts.")
    if report.held:
        say.line(f"{report.held} of them are held back, too many at once: `watchlight alerts quarantine list`.")
    if report.silenced:
        say.line(f"{report.silenced} matches were not told: their pictures were dismissed, or marked as common.")
    if report.withheld:
        say.line(f"{report.withheld} matches were dropped, because consent has ended.")


def _store() -> Any:
    """Open the crawl store."""
    from crawler.errors import StoreUnavailable
    from crawler.store import CrawlStore

    try:
        return CrawlStore.open()
    except StoreUnavailable as error:
        say.fail(str(error), code=say.FAILURE)


def _send(registry: "Registry") -> "DrainReport":
    from alerts.channels import configured
    from alerts.channels.smtp import BadMailSettings
    from alerts.outbox import drain

    try:
        channels = configured(os.environ)
    except BadMailSettings as error:
        say.fail(str(error))
    return drain(registry, channels)


def _unreachable(registry: "Registry") -> int:
    """Return how many alerts were given up so far; somebody who has no address counts from the start."""
    from registry import cases

    with registry.reading() as tx:
        return len(cases.undeliverable(tx))


def _tell(sent: "DrainReport") -> None:
    """Say how the deliveries went, in words for whoever must act when one did not arrive."""
    if sent.delivered:
        say.line(f"{sent.delivered} alerts delivered.")
    if sent.retried:
        say.line(f"{sent.retried} alerts were not taken; they are tried again later.")
    if sent.not_set_up:
        say.line(f"{sent.not_set_up} alerts wait: set WATCHLIGHT_SMTP_URL and WATCHLIGHT_MAIL_FROM to send mail.")
