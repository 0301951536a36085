"""`watchlight alerts`: which alerts did not reach anybody, and another try for them."""

import os
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from portal.cli import say
from portal.cli.registry_door import opened

if TYPE_CHECKING:
    from uuid import UUID

    from registry.cases import Delivery
    from registry.transaction import Transaction

group = typer.Typer(help="Alerts that did not reach their person, and floods held back.", invoke_without_command=True)
quarantine = typer.Typer(help="Floods: likenesses held back because there are too many at once.", no_args_is_help=True)
Flood = Annotated[str, typer.Argument(help="The id of a flood, or its first signs.")]
Json = Annotated[bool, typer.Option("--json", help="One JSON object per line.")]
FLOODS = "watchlight alerts quarantine list"
WHAT = {
    "photo": "one photo is like many unlike pictures",
    "spread": "one picture is on very many pages",
    "picture": "one picture is like the photos of many people",
}


def add_to(app: typer.Typer) -> None:
    """Add the commands to `watchlight`."""
    group.add_typer(quarantine, name="quarantine")
    app.add_typer(group, name="alerts")


@group.callback()
def undeliverable(
    context: typer.Context,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object per line.")] = False,
) -> None:
    """List the deliveries that were given up: somebody was not told."""
    if context.invoked_subcommand is not None:
        return
    from registry import cases, floods

    with opened() as registry, registry.reading() as tx:
        records = [_record(tx, delivery) for delivery in cases.undeliverable(tx)]
        held = len(floods.floods(tx))
    for record in records:
        if as_json:
            say.json_line(record)
        else:
            say.line(f"{record['id']}  {record['person']}  {record['channel']}  {record['reason']}")
    if not records and not as_json:
        say.line("Every alert so far has reached its channel or is still being tried.")
    if held and not as_json:
        say.line(f"{held} floods are held back and wait for you: `{FLOODS}`.")


@group.command()
def again(
    delivery: Annotated[str, typer.Argument(help="The id of a delivery that was given up, or its first signs.")],
) -> None:
    """Try a delivery again that was given up, after its cause is repaired."""
    from alerts.channels import configured
    from alerts.outbox import drain
    from portal.cli.ids import the_one
    from registry import cases

    with opened() as registry:
        with registry.transaction("cli") as tx:
            known = [each.id for each in cases.undeliverable(tx)]
            chosen = the_one(known, delivery, "delivery", "watchlight alerts")
            if not cases.outbox_again(tx, chosen, datetime.now(UTC)):
                say.fail("This person has no mail address or webhook: add one to their record first.")
        report = drain(registry, configured(os.environ))
    say.line(f"{report.delivered} delivered, {report.retried} to be tried again, {report.given_up} given up.")


@quarantine.command("list")
def floods_held(
    every: Annotated[bool, typer.Option("--all", help="Also those that are decided.")] = False, as_json: Json = False
) -> None:
    """List floods in counts: people, unlike pictures, pages. Who and where is not said."""
    from registry import floods

    with opened() as registry, registry.reading() as tx:
        found = floods.floods(tx, floods.STATES if every else ("open",))
    for each in found:
        if as_json:
            say.json_line(vars(each))
        else:
            counts = f"{each.people} people, {each.stories} pictures, {each.exposures} pages"
            say.line(f"{str(each.id)[:8]}  {each.state:<8}  {counts}: {WHAT[each.kind]}")
    if not found and not as_json:
        say.line("Nothing is held back.")


@quarantine.command()
def release(flood: Flood) -> None:
    """Let go what a flood holds, and tell its people. When in doubt, this is the kinder mistake."""
    from alerts.telling import tell_all
    from registry import floods

    with opened() as registry, registry.transaction("cli") as tx:
        freed = floods.release(tx, _chosen(tx, flood))
        told = tell_all(tx, freed)
    say.line(f"{len(freed)} exposures are let go, {told} people will be told. What belongs to it later is not held.")


@quarantine.command()
def close(flood: Flood) -> None:
    """Set aside what a flood holds, now and later, without telling anybody. People still see it on their lists."""
    from registry import floods

    with opened() as registry, registry.transaction("cli") as tx:
        shut = floods.close(tx, _chosen(tx, flood))
    say.line(f"{len(shut)} exposures are set aside. Nobody was told.")


def _chosen(tx: "Transaction", typed: str) -> "UUID":
    from portal.cli.ids import the_one
    from registry import floods

    return the_one([each.id for each in floods.floods(tx)], typed, "flood", FLOODS)


def _record(tx: "Transaction", delivery: "Delivery") -> dict[str, Any]:
    from registry import people

    return {
        "id": delivery.id,
        "alert": delivery.alert,
        "person": people.get(tx, delivery.person).name,
        "channel": delivery.channel,
        "reason": delivery.last_error,
        "tries": delivery.tries,
        "since": delivery.created_at,
    }
