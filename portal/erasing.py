"""Erasing a person from both stores.

The crawl store knows no people, but what it saw can be a copy of their photo, and a re-check says that
somebody asked. Those rows go first: an erasure that is cut short can then simply be asked for again.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Column, ColumnElement, Connection, Engine, Table, delete, func, select, update

from alerts.removal import addresses
from crawler import schema
from crawler.discovery.candidates import forget_pages
from crawler.store import CrawlStore
from matchers import Fingerprint, blocks, frames
from matchers.sightings import page_marks, sighting_blocks, sightings
from registry import Registry, cases, enrolments, people, scrub
from registry.cases import Exposure
from registry.engine import READING, open_engine, trouble_named
from registry.erase import Receipt, erase_person
from registry.transaction import Transaction

CLOCKS_APART = timedelta(hours=1)  # the crawler may run on another machine
CHUNK = 500  # values in one statement, and rows read at a time


def erase_everywhere(
    registry: Registry, store: CrawlStore, person: UUID, *, actor: str = "system", wait_s: float = 30.0
) -> Receipt:
    """Erase a person from the registry, and from the crawl store what equals their photos or was shown to them.

    Raises UnknownPerson, or RegistryUnavailable when either database cannot be written: then nothing of
    the registry is erased yet. ArchiveUnreadable where archived sightings cannot be read here: then nothing is erased.
    Waits up to `wait_s` seconds for each database to clean its files.
    """
    store.archive.files()
    with registry.reading() as tx:
        people.get(tx, person)
        found = cases.exposures(tx, person)
        hashes = _hashes(tx, person)
    with registry.transaction(actor) as tx:
        scrub.ask(tx, scrub.CRAWL_NOTE)
    engine = open_engine(store.engine.url, wait_s=wait_s)
    try:
        _erase_in_stores(engine, store, found, hashes)
    finally:
        engine.dispose()
    receipt = erase_person(registry, person, actor=actor, wait_s=wait_s)
    return replace(receipt, files_clean=clean_files(registry, store, wait_s=wait_s))


def _erase_in_stores(engine: Engine, store: CrawlStore, found: Sequence[Exposure], hashes: set[bytes]) -> None:
    """Take out of the crawl store, then of its archive, what equals these photos or was shown to their person.

    The archive comes last: what moved there meanwhile is in it then.
    """
    digests = {each.content_digest for each in found}
    with trouble_named(), engine.connect().execution_options(**{READING: True}) as connection:
        last, began = connection.scalar(select(func.max(sightings.c.id))) or 0, datetime.now(UTC) - CLOCKS_APART
        digests |= _alike(connection, sightings, hashes) | _alike(connection, schema.pictures, hashes)
    with trouble_named(), engine.begin() as connection:
        digests |= _alike(connection, sightings, hashes, sightings.c.id > last)
        digests |= _alike(connection, schema.pictures, hashes, schema.pictures.c.checked_at >= began)
        _forget_pictures(connection, digests)
        forget_pages(connection, [schema.address_key(each.page_url) for each in found])
        _forget_memories(connection, {each.target for each in found})
        _forget_rechecks(connection, {url for each in found for url in addresses(each)})
    store.archive.erase(digests, hashes)


def clean_files(registry: Registry, store: CrawlStore, *, wait_s: float = 0.0) -> bool:
    """Clean the files of both stores where an erasure could not, because others held them; True when all are."""
    tables = [table.name for table in TABLES]
    crawl_clean = scrub.scrub_noted(registry, scrub.CRAWL_NOTE, store.engine.url, tables, wait_s=wait_s)
    return scrub.scrub(registry, wait_s=wait_s) and crawl_clean


TABLES = (
    sightings,
    sighting_blocks,
    page_marks,
    schema.pictures,
    schema.pages,
    schema.candidate_evidence,
    schema.candidates,
    schema.recheck_observations,
    schema.recheck_requests,
)


def _hashes(tx: Transaction, person: UUID) -> set[bytes]:
    """Return the bits of every hash of the person's photos."""
    theirs = {each.id for each in enrolments.enrolments(tx, person)}
    return {bits for each, fingerprint in enrolments.active(tx) if each in theirs for bits in _bits(fingerprint)}


def _bits(fingerprint: Fingerprint) -> Iterable[bytes]:
    yield from (each.bits for each in fingerprint.whole)
    if fingerprint.witness is not None:
        yield fingerprint.witness.bits


def _forget_pictures(connection: Connection, digests: set[bytes]) -> None:
    """Delete pictures whose file is one of these."""
    blocks.lock(connection)
    blocks.drop(connection, _ids_of(connection, digests))
    for table in (sightings, schema.pictures):
        _delete(connection, table, table.c.content_digest, digests)


def _ids_of(connection: Connection, digests: set[bytes]) -> set[int]:
    listed, found = list(digests), set[int]()
    for start in range(0, len(listed), CHUNK):
        wanted = sightings.c.content_digest.in_(listed[start : start + CHUNK])
        found.update(connection.scalars(select(sightings.c.id).where(wanted)))
    return found


def _alike(connection: Connection, table: Table, hashes: set[bytes], *only: ColumnElement[bool]) -> set[bytes]:
    """Return the files one of whose hashes equals one of these: 20 s of processor time for a million sightings.

    So all are gone through before anything is locked, and what came meanwhile once more within the unit of work.
    """
    wanted = select(table.c.content_digest, table.c.fingerprint).where(table.c.fingerprint.is_not(None), *only)
    rows = connection.execute(wanted.execution_options(yield_per=CHUNK))
    return {
        digest
        for digest, stored in rows
        if any(not hashes.isdisjoint(_bits(frame.fingerprint)) for frame in frames.from_bytes(stored))
    }


def _forget_memories(connection: Connection, targets: set[str]) -> None:
    """Have the pages of these places read anew: what is remembered of them names the files they carry themselves."""
    pages = schema.pages
    nothing = {"gave": None, "gave_digest": None, "body_digest": None, "etag": None, "last_modified": None}
    connection.execute(update(pages).where(pages.c.target.in_(targets)).values(nothing))


def _forget_rechecks(connection: Connection, addresses: set[str]) -> None:
    requests, observations = schema.recheck_requests, schema.recheck_observations
    asked = connection.execute(select(requests.c.id, requests.c.address))
    ids = {number for number, address in asked if address in addresses}
    _delete(connection, observations, observations.c.request_id, ids)
    _delete(connection, requests, requests.c.id, ids)


def _delete(connection: Connection, table: Table, column: Column[Any], values: Iterable[object]) -> None:
    listed = list(values)
    for start in range(0, len(listed), CHUNK):
        connection.execute(delete(table).where(column.in_(listed[start : start + CHUNK])))
