"""`watchlight archive`: move sightings that were not seen for some days out of the database, into Parquet files."""

from datetime import UTC, datetime, timedelta
from typing import Annotated

import typer

from portal.cli import say
from portal.cli.crawl_door import open_store
from portal.cli.progress import long_work
from portal.cli.registry_door import opened


def add_to(app: typer.Typer) -> None:
    """Add the command to `watchlight`."""
    app.command("archive")(archive)


def archive(
    older_than: Annotated[int, typer.Option(min=1, max=3650, help="Days since a sighting was last seen.")] = 7,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False,
) -> None:
    """Move older sightings, once compared, into Parquet files by day. They are found, kept and erased as before."""
    from alerts.triage import FORWARD
    from matchers.archive import ArchiveUnreadable
    from registry import cases

    store = open_store()
    with opened() as registry, registry.reading() as tx:
        compared = cases.cursor(tx, FORWARD)
    try:
        with long_work(store, "archive", "sightings", quiet=as_json) as told:
            moved = store.archive.take(datetime.now(UTC) - timedelta(days=older_than), compared, told)
        held = store.archive.count()
    except ArchiveUnreadable as error:
        say.fail(str(error))
    if as_json:
        say.json_line({"moved": moved, "archived": held})
        return
    say.line(f"{moved:,} sightings moved; {held:,} lie in the archive.")
