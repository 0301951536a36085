"""`watchlight person ...`: who is in the registry, and how they leave it."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from portal.cli import person_wishes, say
from portal.cli.registry_door import opened

if TYPE_CHECKING:
    from registry.people import Person
    from registry.transaction import Transaction

group = typer.Typer(help="People: add, list, show, erase.", no_args_is_help=True)
Name = Annotated[str, typer.Argument(help="The person's name, or the pseudonym they chose.", show_default=False)]
LINK_PATH = "/sign-in/"  # the portal's door for one-time links
Json = Annotated[bool, typer.Option("--json", help="One JSON object per line.")]


def add_to(app: typer.Typer) -> None:
    """Add the commands to `watchlight`."""
    person_wishes.add_to(group)
    app.add_typer(group, name="person")


@group.command()
def add(
    name: Name,
    email: Annotated[str | None, typer.Option(help="Where alerts and sign-in links go.")] = None,
    language: Annotated[str, typer.Option(help="Language of alerts and letters: ko or en.")] = "ko",
    timezone: Annotated[str, typer.Option(help="Like Asia/Seoul.")] = "Asia/Seoul",
    country: Annotated[str, typer.Option(help="Two letters; decides which helplines and laws are named.")] = "KR",
    phrase: Annotated[str | None, typer.Option(help="Words only they and their alerts know.")] = None,
    webhook: Annotated[str | None, typer.Option(help="An https address that takes signed alerts.")] = None,
    birth_year: Annotated[
        int | None, typer.Option(help="Minors get other letters and nobody shows them links.")
    ] = None,
    role: Annotated[list[str] | None, typer.Option(help="person, caseworker or operator; may repeat.")] = None,
) -> None:
    """Add a person. Nothing is compared until they enrol a photo and consent."""
    import secrets

    from registry import people

    secret = secrets.token_hex(32) if webhook else None
    with opened() as registry, registry.transaction("cli") as tx:
        added = people.add_person(
            tx,
            name,
            email=email,
            language=language,
            timezone=timezone,
            country=country,
            phrase=phrase,
            webhook_url=webhook,
            webhook_secret=secret,
            birth_year=birth_year,
            roles=role or ("person",),
        )
    say.line(f"{added.name} is here now ({added.id}).")
    if secret:
        say.line(f"Webhooks are signed with this secret; it is not shown again: {secret}")
    if not added.channels:
        say.line("There is no mail address or webhook: alerts will only show in the portal.")


@group.command("list")
def list_people(as_json: Json = False) -> None:
    """List everybody."""
    from registry import people

    with opened() as registry, registry.reading() as tx:
        records = [_summary(tx, person) for person in people.people(tx)]
    if not records and not as_json:
        say.line("Nobody yet. `watchlight person add NAME` adds somebody.")
    for record in records:
        if as_json:
            say.json_line(record)
        else:
            say.line(f"{record['name']}  {', '.join(record['roles'])}  {record['enrolments']} photos enrolled")


@group.command()
def show(name: Name, as_json: Json = False) -> None:
    """Show what is stored about a person, without the fingerprints themselves."""
    from registry import people

    with opened() as registry, registry.reading() as tx:
        record = _everything(tx, people.find(tx, name))
    if as_json:
        say.json_line(record)
        return
    for field, value in record.items():
        if not isinstance(value, list):
            say.line(f"{field:<12} {'-' if value is None else value}")
    for field in ("consents", "enrolments"):
        for each in record[field]:
            say.line(f"{field[:-1]:<12} " + ", ".join(f"{key} {value}" for key, value in each.items() if value))


@group.command()
def erase(
    name: Name,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    as_json: Json = False,
) -> None:
    """Erase a person and everything about them, for good."""
    from crawler.errors import StoreUnavailable
    from crawler.store import CrawlStore
    from matchers.archive import ArchiveUnreadable
    from portal.erasing import erase_everywhere
    from registry import people

    with opened() as registry:
        with registry.reading() as tx:
            person = people.find(tx, name)
        if not (yes or _sure(person.name)):
            say.fail("Nothing was erased. Say yes when asked, or give --yes.")
        try:
            receipt = erase_everywhere(registry, CrawlStore.open(), person.id, actor="cli")
        except (StoreUnavailable, ArchiveUnreadable) as error:
            say.fail(f"Nothing was erased: {error}", code=say.FAILURE)
    if as_json:
        say.json_line({"receipt": receipt.id, "at": receipt.at, "files_clean": receipt.files_clean})
        return
    say.line(f"Erased. Receipt {receipt.id}, {receipt.at:%Y-%m-%d %H:%M} UTC.")
    if not receipt.files_clean:
        say.line("Another program holds a database: `watchlight run` cleans its files as soon as it can.")
    say.line("Copies of the database that you made yourself (backups) are yours to delete.")


@group.command()
def verify(name: Name) -> None:
    """Note that you have made sure that this person enrols photos of themselves: addresses are released to them."""
    from registry import people, reviews

    with opened() as registry, registry.transaction("cli") as tx:
        person = people.find(tx, name)
        reviews.verify(tx, person, "operator")
    say.line(f"{person.name} is verified by the operator.")


@group.command()
def link(name: Name) -> None:
    """Print a link that signs the person in once; give it to them by hand."""
    import os

    from registry import people, signin

    with opened() as registry, registry.transaction("cli") as tx:
        token = signin.new_link(tx, people.find(tx, name))
    port = os.environ.get("WATCHLIGHT_PORTAL_PORT") or "8620"
    base = os.environ.get("WATCHLIGHT_PORTAL_URL") or f"http://127.0.0.1:{port}"
    say.line(f"{base.rstrip('/')}{LINK_PATH}{token}")
    minutes = int(signin.LINK_LIFE.total_seconds() // 60)
    typer.echo(f"It works once, for {minutes} minutes. Whoever has it is signed in as this person.", err=True)


@group.command("forget-keys")
def forget_keys(name: Name) -> None:
    """Forget the passkeys and recovery code of somebody who lost them. Make sure first that it is they who ask."""
    from registry import passkeys, people

    with opened() as registry, registry.transaction("cli") as tx:
        person = people.find(tx, name)
        gone = passkeys.forget_all(tx, person)
    say.line(f"{person.name}: {gone} passkeys and any recovery code forgotten, signed out everywhere.")
    say.line(f"`watchlight person link {name!r}` lets them in to make new ones.")


@group.command("first-operator")
def first_operator() -> None:
    """Print a link that makes the first operator, once, within an hour; refused when there is an operator."""
    import os

    from portal.first_operator import link_to_set_up
    from registry.first_operator import LIFE

    with opened() as registry:
        say.line(link_to_set_up(registry, os.environ))
    minutes = int(LIFE.total_seconds() // 60)
    typer.echo(f"It works once, for {minutes} minutes. Whoever has it becomes the operator.", err=True)


def _sure(name: str) -> bool:
    try:
        return typer.confirm(f"Erase {name} with all photos, exposures and letters? This cannot be undone.")
    except typer.Abort:
        return False


def _summary(tx: "Transaction", person: "Person") -> dict[str, Any]:
    from registry import enrolments

    open_ones = [each for each in enrolments.enrolments(tx, person) if each.withdrawn_at is None]
    return {
        "id": person.id,
        "name": person.name,
        "roles": list(person.roles),
        "enrolments": len(open_ones),
        "created_at": person.created_at,
    }


def _everything(tx: "Transaction", person: "Person") -> dict[str, Any]:
    from registry import consents, enrolments
    from registry.people import PROFILE

    stored = {name: getattr(person, name) for name in PROFILE if name not in ("webhook_secret", "apprise_url")}
    stored["channels"] = " ".join(person.channels) or None
    return {
        "id": person.id,
        **stored,
        "roles": " ".join(person.roles),
        "created_at": person.created_at,
        "consents": [
            {"version": each.version, "given": each.given_at, "withdrawn": each.withdrawn_at}
            for each in consents.consents(tx, person)
        ],
        "enrolments": [
            {"id": each.id, "label": each.label, "enrolled": each.created_at, "withdrawn": each.withdrawn_at}
            for each in enrolments.enrolments(tx, person)
        ],
    }
