"""`watchlight enrol`: opt photos in. Their fingerprints are kept; the photos stay where they are."""

import asyncio
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeAlias
from uuid import UUID

import typer

from portal.cli import say
from portal.cli.heads import HELP, head_box
from portal.cli.registry_door import opened

if TYPE_CHECKING:
    from crawler.workers import Pool
    from matchers import Fingerprint
    from matchers.fingerprint import Box
    from matchers.frames import Frame
    from registry.database import Registry

LARGEST_FILE = 50 * 1024 * 1024  # bytes; a photo from a camera has 5-30 MB
WORKERS = 2
JOB = "crawler.jobs:photos_of_file"


Moments: TypeAlias = "list[Frame]"
"""What one file shows: a photo, or the distinct moments of an animation."""


class Unusable(Exception):
    """A file that cannot be enrolled; str() is the sentence for whoever chose it."""


def add_to(app: typer.Typer) -> None:
    """Add the command to `watchlight`."""
    app.command("enrol")(enrol)


def enrol(
    files: Annotated[list[Path], typer.Argument(help="Photos of this person.", show_default=False)],
    person: Annotated[str, typer.Option("--person", help="Their name; somebody new is added.", show_default=False)],
    head: Annotated[str | None, typer.Option(help=HELP, show_default=False, metavar="X,Y,W,H")] = None,
) -> None:
    """Enrol photos of a person who has agreed. Only fingerprints are stored, sealed; never a photo.

    With --head, for one photo, the features of the head count first. Of an animation each distinct moment is enrolled.
    """
    box = head_box(head)
    if box is not None and len(files) > 1:
        say.fail("--head marks the head in one photo: enrol the photos one by one.")
    from matchers.frames import at_time

    with opened() as registry:
        fingerprints = asyncio.run(_all_fingerprints(files, box))
        usable = list(_usable(files, fingerprints))
        if not usable:
            say.fail("Nothing was enrolled.")
        who = _consenting(registry, person)
        for file, moments in usable:
            for frame in moments:
                named = file if frame.at_ms is None or len(moments) == 1 else f"{file} {at_time(frame.at_ms)}"
                _keep(registry, who, str(named), frame.fingerprint)
    if len(usable) < len(files):
        say.fail(f"{len(files) - len(usable)} of {len(files)} files could not be enrolled; the others are.")


def _usable(files: list[Path], fingerprints: "list[Moments | Unusable]") -> "Iterator[tuple[Path, Moments]]":
    """Give the files that have a fingerprint; of the others say why not."""
    for file, found in zip(files, fingerprints, strict=True):
        if isinstance(found, Unusable):
            typer.echo(f"{file}: {found}", err=True)
        else:
            yield file, found


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
                f"watchlight consent withdraw --person {shlex.quote(name)}"
            )
    return who.id


def _keep(registry: "Registry", who: UUID, file: str, fingerprint: "Fingerprint") -> None:
    from registry import enrolments
    from registry.errors import AlreadyEnrolled

    try:
        with registry.transaction("cli") as tx:
            kept = enrolments.enrol(tx, who, fingerprint)
        say.line(f"{file}: enrolled as {kept.id}.")
    except AlreadyEnrolled as error:
        say.line(f"{file}: enrolled already, as {error.enrolment}.")


async def _all_fingerprints(files: list[Path], head: "Box | None") -> "list[Moments | Unusable]":
    """Compute in worker processes that can be killed: a hostile picture costs a sentence, not the command."""
    from crawler.workers import Pool

    pool = Pool(size=min(WORKERS, len(files)))
    try:
        return list(await asyncio.gather(*(_one_fingerprint(pool, file, head) for file in files)))
    finally:
        pool.close()


async def _one_fingerprint(pool: "Pool", file: Path, head: "Box | None") -> "Moments | Unusable":
    from crawler.workers import JobRefused
    from matchers import Unhashable
    from matchers.frames import Frame

    try:
        untrusted = await asyncio.to_thread(_read, file)
        return [Frame.from_json(each) for each in await pool.call(JOB, untrusted, head=head)]
    except Unusable as error:
        return error
    except JobRefused as error:
        return Unusable(str(Unhashable(error.reason)))


def _read(file: Path) -> bytes:
    try:
        with file.open("rb") as opened_file:
            untrusted = opened_file.read(LARGEST_FILE + 1)
    except OSError as error:
        raise Unusable(f"cannot be read ({error.strerror}). Check the name and the permissions.") from error
    if len(untrusted) > LARGEST_FILE:
        raise Unusable(f"is larger than {LARGEST_FILE // 2**20} MB: save it smaller and try again.")
    return untrusted
