"""`watchlight consent ...`: what people agreed to, and how they end it."""

from typing import Annotated, Any
from uuid import UUID

import typer

from portal.cli import say
from portal.cli.registry_door import opened

group = typer.Typer(help="Consents: list, withdraw.", no_args_is_help=True)
Person = Annotated[str | None, typer.Option("--person", help="The person's name.")]


def add_to(app: typer.Typer) -> None:
    """Add the commands to `watchlight`."""
    app.add_typer(group, name="consent")


@group.command()
def withdraw(
    person: Person = None,
    enrolment: Annotated[
        UUID | None, typer.Option("--enrolment", help="Only this photo; `person show` has its id.")
    ] = None,
) -> None:
    """End a consent: from this moment nothing new is compared or told. The fingerprints are deleted."""
    from registry import consents, people

    if (person is None) == (enrolment is None):
        say.fail("Say whose consent ends: --person NAME for all their photos, or --enrolment ID for one.")
    with opened() as registry, registry.transaction("cli") as tx:
        if person is not None:
            ended = consents.withdraw(tx, person=people.find(tx, person))
        else:
            ended = consents.withdraw(tx, enrolment=enrolment)
    say.line(f"Withdrawn. {ended} {'photo is' if ended == 1 else 'photos are'} no longer looked for.")
    say.line("What was found before stays visible to the person; `watchlight person erase NAME` deletes that too.")


@group.command("list")
def list_consents(
    person: Person = None, as_json: Annotated[bool, typer.Option("--json", help="One JSON object per line.")] = False
) -> None:
    """List consents, open and withdrawn."""
    from registry import consents, people

    with opened() as registry, registry.reading() as tx:
        names = {each.id: each.name for each in people.people(tx)}
        whose = None if person is None else people.find(tx, person)
        records: list[dict[str, Any]] = [
            {
                "id": each.id,
                "person": names[each.person],
                "version": each.version,
                "given_at": each.given_at,
                "withdrawn_at": each.withdrawn_at,
            }
            for each in consents.consents(tx, whose)
        ]
    for record in records:
        if as_json:
            say.json_line(record)
            continue
        until = f"withdrawn {record['withdrawn_at']:%Y-%m-%d %H:%M} UTC" if record["withdrawn_at"] else "open"
        say.line(f"{record['person']}  version {record['version']}, given {record['given_at']:%Y-%m-%d}, {until}")
