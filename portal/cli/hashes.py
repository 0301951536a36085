"""`watchlight hashes ...`: lists of hashes from an exchange (ThreatExchange, HMA), without photos or people."""

import sys
from collections import Counter
from io import TextIOWrapper
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from portal.cli import say
from portal.cli.crawl_door import open_store
from portal.cli.progress import long_work
from portal.cli.registry_door import opened

if TYPE_CHECKING:
    from collections.abc import Iterator

    from crawler.longwork import Told
    from registry.database import Registry
    from registry.lists import HashList, Record

group = typer.Typer(help="Lists of hashes from an exchange: ThreatExchange, HMA.", no_args_is_help=True)
Name = Annotated[str, typer.Argument(help="The list's name, or CENTRE: NAME.", show_default=False)]
BATCH = 200  # records in one unit of work: others can write in between
LARGEST_MB = 64
MOST_SAID = 50


def add_to(app: typer.Typer) -> None:
    """Add the commands to `watchlight`."""
    app.add_typer(group, name="hashes")


@group.command()
def new(
    name: Annotated[str, typer.Argument(help="What to call it.", show_default=False)],
    purpose: Annotated[str, typer.Option(help="Why it is compared, and on what ground that is allowed.")],
    source: Annotated[str, typer.Option(help="Where it is from.")],
    centre: Annotated[str | None, typer.Option(help="The centre it belongs to: its finds are in that queue.")] = None,
    email: Annotated[str | None, typer.Option(help="Without a centre: who is told that something was found.")] = None,
    days: Annotated[int, typer.Option(help="For how many days a centre may act on it, at most 365.")] = 365,
    minors: Annotated[bool, typer.Option("--minors", help="People under age are in it: no letters.")] = False,
) -> None:
    """Make a list. Nothing is compared until records are imported."""
    from registry import centres, lists

    with opened() as registry, registry.transaction("cli") as tx:
        at = None if centre is None else centres.find_centre(tx, centre)
        about = {"purpose": purpose, "source": source}
        made = lists.make(tx, name, at=at, email=email, days=days, minors=minors, **about)
    say.line(f"{made.name} is here now ({made.id}). Next: `watchlight hashes import {made.name!r} FILE`.")


@group.command("list")
def list_(as_json: Annotated[bool, typer.Option("--json", help="One JSON object per line.")] = False) -> None:
    """List the lists, with counts."""
    from registry import centres, lists

    with opened() as registry, registry.reading() as tx:
        of = {each.id: each.name for each in centres.centres(tx)}
        found = [(each, of.get(each.centre) if each.centre else None) for each in lists.lists(tx)]
    for each, centre in found:
        if as_json:
            say.json_line({**vars(each), "centre": centre})
        else:
            whose = f" of {centre}" if centre else ""
            say.line(f"{each.name}{whose}: {each.entries:,} entries, {each.withdrawn:,} withdrawn. {each.purpose}")
    if not found and not as_json:
        say.line("There are no lists. `watchlight hashes new NAME --purpose ... --source ...` makes one.")


@group.command("import")
def import_(
    name: Name,
    file: Annotated[Path, typer.Argument(help="CSV or JSON of ThreatExchange or HMA.", show_default=False)],
) -> None:
    """Take the records of a file into a list. Rows that are no good are named with their line; the others are taken."""
    from registry import lists

    _refuse_large(file)
    said = Counter[str]()
    with opened() as registry:
        with registry.reading() as tx:
            into = lists.called(tx, name)
        with long_work(open_store(), "import", "bytes") as told:
            records = _records(file, said, told)
            while batch := list(islice(records, BATCH)):
                _take(registry, into, batch, said)
    say.line(
        f"{said['added']:,} added, {said['known']:,} known before, {said['withdrawn']:,} withdrawn, "
        f"{said['refused']:,} not taken again because they were withdrawn, {said['other']:,} of other kinds."
    )
    if said["bad"]:
        say.fail(f"{said['bad']:,} rows were not usable: mend them and import the file again, nothing is taken twice.")


@group.command()
def export(
    name: Name,
    file: Annotated[Path | None, typer.Argument(help="Where to; without it, standard output.")] = None,
    form: Annotated[str, typer.Option("--format", help="te-csv, te-json or hma-json.")] = "te-json",
) -> None:
    """Write a list. What was withdrawn is written as a deletion, without its hash."""
    from registry import list_files, lists

    if form not in list_files.FORMATS:
        say.fail(f"The format is one of {', '.join(list_files.FORMATS)}.")
    with opened() as registry, registry.reading() as tx:
        entries = lists.entries(tx, lists.called(tx, name).id)
        text = "".join(f"{line}\n" for line in list_files.write(entries, form))
    if file is None:
        sys.stdout.write(text)
        return
    try:
        file.touch(mode=0o600)
        file.write_text(text, encoding="utf-8")
    except OSError as error:
        say.fail(f"Cannot write {file}: {error.strerror}.", code=say.FAILURE)
    say.line(f"Wrote {len(entries):,} entries to {file}.")


@group.command()
def withdraw(
    name: Name,
    hash_: Annotated[str | None, typer.Option("--hash", help="The PDQ hash, 64 hexadecimal digits.")] = None,
    external: Annotated[str | None, typer.Option("--id", help="The id that the exchange gives it.")] = None,
) -> None:
    """Withdraw one entry: its hash is deleted at once, and no import brings it back."""
    from registry import list_files, lists

    if (hash_ is None) == (external is None):
        say.fail("Name the entry by --hash or by --id.")
    record = list_files.record_of({"hash": hash_, "id": external, "withdrawn": "true" if external else "false"}, 1)
    if not isinstance(record, lists.Record):
        say.fail(f"{getattr(record, 'why', 'this is no PDQ hash').capitalize()}.")
    with opened() as registry, registry.transaction("cli") as tx:
        ended = lists.withdraw(tx, lists.called(tx, name).id, hash=record.hash, external=record.external)
    say.line("Withdrawn: its hash is deleted." if ended else "No open entry of the list is this one.")


@group.command()
def remove(name: Name) -> None:
    """Erase a list with its entries and what was found for them."""
    from registry import lists
    from registry.erase import erase_person

    with opened() as registry:
        with registry.reading() as tx:
            found = lists.called(tx, name)
        receipt = erase_person(registry, found.id, actor="cli")
    say.line(f"{found.name} is erased. Receipt {receipt.id}.")


def _refuse_large(file: Path) -> None:
    try:
        size = file.stat().st_size
    except OSError as error:
        say.fail(f"Cannot read {file}: {error.strerror}.")
    if size > LARGEST_MB << 20:
        say.fail(f"{file} is larger than {LARGEST_MB} MB: split it. A list has at most 50,000 entries.")


def _records(file: Path, said: Counter[str], told: "Told") -> "Iterator[Record]":
    """Yield the usable records of a file, and say of each other row what is wrong."""
    from registry.list_files import BadRow, OtherKind, read

    size = file.stat().st_size
    with file.open("rb") as raw, TextIOWrapper(raw, "utf-8-sig", errors="replace", newline="") as stream:
        for line, row in read(stream):
            told(raw.tell(), size)
            if isinstance(row, BadRow):
                said["bad"] += 1
                if said["bad"] <= MOST_SAID:
                    typer.echo(f"{file}, line {line}: {row.why}", err=True)
            elif isinstance(row, OtherKind):
                said["other"] += 1
            else:
                yield row


def _take(registry: "Registry", into: "HashList", batch: "list[Record]", said: Counter[str]) -> None:
    from registry import lists

    with registry.transaction("cli") as tx:
        taken = lists.take(tx, into.id, batch)
    said.update(vars(taken))
