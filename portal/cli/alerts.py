"""`watchlight alerts`: which alerts did not reach anybody, and another try for them."""

import os
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from portal.cli import say
from portal.cli.registry_door import opened

if TYPE_CHECKING:
    from registry.cases import Delivery
    from registry.transaction import Transaction

group = typer.Typer(help="Alerts that did not reach their person.", invoke_without_command=True)


def add_to(app: typer.Typer) -> None:
    """Add the commands to `watchlight`."""
    app.add_typer(group, name="alerts")


@group.callback()
def undeliverable(
    context: typer.Context,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object per line.")] = False,
) -> None:
    """List the deliveries that were given up: somebody was not told."""
    if context.invoked_subcommand is not None:
        return
    from registry import cases

    with opened() as registry, registry.reading() as tx:
        records = [_record(tx, delivery) for delivery in cases.undeliverable(tx)]
    for record in records:
        if as_json:
            say.json_line(record)
        else:
            say.line(f"{record['id']}  {record['person']}  {record['channel']}  {record['reason']}")
    if not records and not as_json:
        say.line("Every alert so far has reached its channel or is still being tried.")


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
