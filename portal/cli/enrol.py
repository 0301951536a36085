"""`watchlight enrol`: opt photos in. Their fingerprints are kept; the photos stay where they are."""

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

import typer

from portal.cli import say
from portal.cli.registry_door import opened

if TYPE_CHECKING:
    from matchers import Fingerprint
    from registry.database import Registry

LARGEST_FILE = 64 * 1024 * 1024  # bytes; a photo from a camera has 5-30 MB


class Unusable(Exception):
    """A file that cannot be enrolled; str() is the sentence for whoever chose it."""


def add_to(app: typer.Typer) -> None:
    """Add the command to `watchlight`."""
    app.command("enrol")(enrol)


def enrol(
    files: Annotated[list[Path], typer.Argument(help="Photos of this person.", show_default=False)],
    person: Annotated[str, typer.Option("--person", help="Their name; somebody new is added.", show_default=False)],
) -> None:
    """Enrol photos of a person who has agreed. Only fingerprints are stored, sealed; never a photo."""
    import sys

    refused = 0
    with opened() as registry:
        who = _consenting(registry, person)
        fingerprints = asyncio.run(_all_fingerprints(files))
        for file, found in zip(files, fingerprints, strict=True):
            if isinstance(found, Unusable):
                print(f"{file}: {found}", file=sys.stderr)
                refused += 1
            else:
                _keep(registry, who, file, found)
    if refused:
        say.fail(f"{refused} of {len(files)} files could not be enrolled; the others are.")


def _consenting(registry: "Registry", name: str) -> UUID:
    """Return the person, added if new, with their consent recorded; say what that means."""
    from registry import consents, people
    from registry.errors import UnknownPerson

    with registry.transaction("cli") as tx:
        try:
            who = people.find(tx, name)
        except UnknownPerson:
            who = people.add_person(tx, name, language="ko")
            say.line(f"{who.name} is new here and was added.")
        if not consents.open_consents(tx, who):
            consents.give(tx, who)
            say.line(
                f"Recorded: {who.name} agrees (version {consents.VERSION}) that fingerprints of these photos are "
                "stored, sealed, and compared with pictures on public pages. No photo is stored. To end it: "
                f"watchlight consent withdraw --person {name!r}"
            )
    return who.id


def _keep(registry: "Registry", who: UUID, file: Path, fingerprint: "Fingerprint") -> None:
    from registry import enrolments
    from registry.errors import AlreadyEnrolled

    try:
        with registry.transaction("cli") as tx:
            kept = enrolments.enrol(tx, who, fingerprint)
        say.line(f"{file}: enrolled as {kept.id}.")
    except AlreadyEnrolled as error:
        say.line(f"{file}: enrolled already, as {error.enrolment}.")


async def _all_fingerprints(files: list[Path]) -> "list[Fingerprint | Unusable]":
    """Compute in worker processes that can be killed: a hostile picture costs a sentence, not the command."""
    from crawler.workers import Pool

    pool = Pool(size=min(2, len(files)))
    try:
        return list(await asyncio.gather(*(_one_fingerprint(pool, file) for file in files)))
    finally:
        pool.close()
