"""`watchlight review ...`: photos of two accounts that are too alike, and whose they are."""

from typing import Annotated

import typer

from portal.cli import say
from portal.cli.ids import the_one
from portal.cli.registry_door import opened

group = typer.Typer(help="Photos that two accounts enrolled: list, clear, withdraw.", no_args_is_help=True)
Enrolment = Annotated[str, typer.Argument(help="The enrolment's id, or its first signs.", show_default=False)]


def add_to(app: typer.Typer) -> None:
    """Add the commands to `watchlight`."""
    app.add_typer(group, name="review")


@group.command("list")
def list_reviews(as_json: Annotated[bool, typer.Option("--json", help="One JSON object per line.")] = False) -> None:
    """List what is under review. Until it is decided, neither account is shown an address or a letter."""
    from registry import people, reviews

    with opened() as registry, registry.reading() as tx:
        records = [
            {
                "review": each.review,
                "enrolment": each.enrolment,
                "person": people.get(tx, each.person).name,
                "verified_by": reviews.verified_by(tx, each.person),
                "since": each.created_at,
            }
            for each in reviews.sides(tx)
        ]
    if not records and not as_json:
        say.line("Nothing is under review.")
    for record in records:
        if as_json:
            say.json_line(record)
        else:
            verified = record["verified_by"] or "nobody"
            review, photo = str(record["review"])[:8], str(record["enrolment"])[:8]
            say.line(f"{review}  photo {photo} of {record['person']}, verified by {verified}")


@group.command()
def clear(enrolment: Enrolment) -> None:
    """Decide that the photo is rightly this person's: their side of the review is over."""
    _decide(enrolment, "cleared")


@group.command()
def withdraw(enrolment: Enrolment) -> None:
    """Decide that the photo is not this person's: it is looked for no more, its fingerprint is deleted."""
    _decide(enrolment, "withdrawn")


def _decide(typed: str, outcome: str) -> None:
    from registry import reviews

    with opened() as registry, registry.transaction("cli") as tx:
        waiting = reviews.sides(tx)
        chosen = the_one({each.enrolment for each in waiting}, typed, "photo under review", "watchlight review list")
        for each in waiting:
            if each.enrolment == chosen:
                reviews.decide(tx, each.review, each.enrolment, outcome)
    say.line(f"The photo is {outcome}.")
