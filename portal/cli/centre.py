"""`watchlight centre ...`: support centres, and who works there. What they may reach is their clients' to say."""

from typing import TYPE_CHECKING, Annotated

import typer

from portal.cli import say
from portal.cli.registry_door import opened

if TYPE_CHECKING:
    from registry.people import Person
    from registry.transaction import Transaction

group = typer.Typer(help="Support centres: add, list, staff, close, remove.", no_args_is_help=True)
staff_group = typer.Typer(help="Who works at a centre: add, list, remove.", no_args_is_help=True)
Centre = Annotated[str, typer.Argument(help="The centre's name.", show_default=False)]
Name = Annotated[str, typer.Argument(help="The name of the person's account.", show_default=False)]
Json = Annotated[bool, typer.Option("--json", help="One JSON object per line.")]


def add_to(app: typer.Typer) -> None:
    """Add the commands to `watchlight`."""
    group.add_typer(staff_group, name="staff")
    app.add_typer(group, name="centre")


@group.command()
def add(
    name: Centre,
    email: Annotated[str | None, typer.Option(help="Where the centre hears that there is news.")] = None,
) -> None:
    """Add a centre. It reaches nobody's data until a client lets it."""
    from registry import centres

    with opened() as registry, registry.transaction("cli") as tx:
        added = centres.add_centre(tx, name, email)
    say.line(f"{added.name} is here now ({added.id}).")
    say.line(f"Next: `watchlight centre staff add {added.name!r} NAME --role lead`.")


@group.command("list")
def list_centres(as_json: Json = False) -> None:
    """List the centres, with numbers and nobody's name."""
    from registry import centres, clients

    with opened() as registry, registry.reading() as tx:
        now, everybody = tx.now(), clients.clients(tx)
        records = [
            {
                "id": each.id,
                "name": each.name,
                "email": each.email,
                "staff": len(centres.staff(tx, each)),
                "closed": each.closed_at,
                "clients": sum(client.centre == each.id and bool(client.scopes_at(now)) for client in everybody),
            }
            for each in centres.centres(tx)
        ]
    if not records and not as_json:
        say.line("No centre yet. `watchlight centre add NAME` adds one.")
    for record in records:
        if as_json:
            say.json_line(record)
        else:
            closed = f"  closed {record['closed']:%Y-%m-%d}" if record["closed"] else ""
            say.line(f"{record['name']}  {record['staff']} staff, {record['clients']} clients{closed}")


@group.command()
def close(
    name: Centre,
    to: Annotated[str | None, typer.Option(help="A centre that goes on with the clients who were asked.")] = None,
    asked: Annotated[str, typer.Option(help="How they were asked, such as: forms of 2026-11.")] = "",
) -> None:
    """Close a centre: from this moment it reaches nobody. Its clients are handed over or end, and are told."""
    from alerts.closing import close_and_tell
    from registry import centres, signin

    with opened() as registry, registry.transaction("cli") as tx:
        at = centres.find_centre(tx, name)
        closed = close_and_tell(tx, at, to=None if to is None else centres.find_centre(tx, to), asked=asked)
        for person in closed.staff:
            signin.end_all(tx, person)
    say.line(
        f"{at.name} is closed. {len(closed.handed_over)} clients go on with {to or 'nobody'}, "
        f"{len(closed.ended)} consents ended; everybody is told that there is something to read in their account."
    )
    say.line(f"{len(closed.staff)} staff signed out, tokens and webhooks ended, {len(closed.listed)} hash lists.")
    say.line("Who left no address could not be told: `watchlight alerts` shows them.")


@group.command()
def remove(name: Centre) -> None:
    """Delete a closed centre, with its clients' records, consents and notes."""
    from registry import centres, closing

    with opened() as registry, registry.transaction("cli") as tx:
        closing.remove(tx, centres.find_centre(tx, name))
    say.line("Removed.")


@staff_group.command("add")
def add_staff(
    centre: Centre,
    name: Name,
    email: Annotated[str | None, typer.Option(help="Makes an account with this address if there is none yet.")] = None,
    role: Annotated[str, typer.Option(help="caseworker or lead.")] = "caseworker",
    shown_as: Annotated[str | None, typer.Option(help="What clients see, such as 'Counsellor 3'.")] = None,
) -> None:
    """Let somebody work at a centre, or change as what. Nobody works at two."""
    from registry import centres

    with opened() as registry, registry.transaction("cli") as tx:
        at, person = centres.find_centre(tx, centre), _account(tx, name, email)
        put = centres.put_to_work(tx, at, person, role, shown_as or person.name)
    say.line(f"{person.name} works at {at.name} as {put.role}, shown as {put.shown_as}.")
    say.line(f"`watchlight person link {person.name!r}` gives them a link to sign in.")


@staff_group.command("list")
def list_staff(centre: Centre, as_json: Json = False) -> None:
    """List who works at a centre."""
    from registry import centres, people

    with opened() as registry, registry.reading() as tx:
        records = [
            {"name": people.get(tx, each.person).name, "role": each.role, "shown_as": each.shown_as}
            for each in centres.staff(tx, centres.find_centre(tx, centre))
        ]
    for record in records:
        if as_json:
            say.json_line(record)
        else:
            say.line(f"{record['name']}  {record['role']}, shown as {record['shown_as']}")


@staff_group.command("remove")
def remove_staff(name: Name) -> None:
    """Let somebody work at no centre any more. From this moment they reach nothing of it; their account stays."""
    from registry import centres, people, signin

    with opened() as registry, registry.transaction("cli") as tx:
        person = people.find(tx, name)
        centres.send_home(tx, person)
        signin.end_all(tx, person)
    say.line(f"{person.name} works at no centre now, and is signed out.")


def _account(tx: "Transaction", name: str, email: str | None) -> "Person":
    from registry import people
    from registry.errors import UnknownPerson

    try:
        return people.find(tx, name)
    except UnknownPerson:
        if email is None:
            raise
    return people.add_person(tx, name, email=email, roles=("caseworker",))
