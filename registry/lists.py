"""Hash lists of centres and of the operator: hashes without a photo and without a person, from an exchange.

A list is an account without a person behind it: it cannot sign in, its consent is the centre's or the operator's own
with purpose and end, and its finds are told to whoever keeps it. Each entry is enrolled like a photo, so that what
holds for photos holds for entries: consent is asked each time, and a withdrawal deletes the hash at once. What was
withdrawn stays known by a keyed index, and no import brings it back.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID, uuid4

from sqlalchemy import func, select

from registry import audit, clients, consents, enrolments
from registry.centres import Centre, centre
from registry.errors import AlreadyEnrolled, BadValue, UnknownList
from registry.models import EnrolmentRow, HashListRow, ListEntryRow
from registry.people import LONGEST, add_person, get
from registry.transaction import Transaction
from registry.wishes import looks_like_mail

if TYPE_CHECKING:
    from matchers.hashes import ImageHash

ROLE = "list"
MOST = 50_000  # entries of one list
LONGEST_TAGS = 20
CHUNK = 500  # hashes in one question
MINOR_AGE = 10  # the years a list of pictures of people under age is given, so that no letter is written from it


@dataclass(frozen=True)
class HashList:
    """One list. `purpose` and `source` say why it is compared and where it comes from; `entries` counts open ones."""

    id: UUID
    centre: UUID | None
    name: str = field(repr=False)
    purpose: str = field(repr=False)
    source: str = field(repr=False)
    minors: bool
    created_at: datetime
    entries: int
    withdrawn: int


@dataclass(frozen=True)
class Record:
    """One record of a file: a hash, or only the exchange's own id of one that is withdrawn."""

    hash: "ImageHash | None" = field(repr=False)
    quality: int = 100
    external: str | None = None
    tags: tuple[str, ...] = ()
    withdrawn: bool = False


@dataclass(frozen=True)
class Entry:
    """One entry. `hash` is None once it was withdrawn."""

    id: UUID
    hash: "ImageHash | None" = field(repr=False)
    quality: int
    external: str | None
    tags: tuple[str, ...]
    imported_at: datetime
    withdrawn_at: datetime | None


@dataclass
class Taken:
    """What became of records: `added`, `known` before, `withdrawn` now, or `refused` because they were withdrawn."""

    added: int = 0
    known: int = 0
    withdrawn: int = 0
    refused: int = 0


def make(
    tx: Transaction,
    name: str,
    *,
    purpose: str,
    source: str,
    at: Centre | UUID | None = None,
    email: str | None = None,
    days: int = 365,
    minors: bool = False,
) -> HashList:
    """Make a list for a centre (its finds are in the queue, and its address is told) or, without one, for `email`."""
    for what, words in (("name", name), ("purpose", purpose), ("source", source)):
        if not (0 < len(words.strip()) <= LONGEST and words.isprintable()):
            raise BadValue(f"The {what} of a list is 1 to {LONGEST} printable characters.")
    if not 1 <= days <= 365:
        raise BadValue("A list is compared for 1 to 365 days; then its purpose has to be said again.")
    owner = None if at is None else centre(tx, at.id if isinstance(at, Centre) else at)
    address = owner.email if owner is not None else email
    if address is None or not looks_like_mail(address):
        raise BadValue("Somebody has to be told what is found: give a mail address, or the centre one.")
    person = add_person(
        tx,
        f"{'' if owner is None else owner.name + ': '}{' '.join(name.split())}",
        roles=(ROLE,),
        supporter_email=address,
        told_first="supporter-only",
        birth_year=tx.now().year - MINOR_AGE if minors else None,
    )
    record = {"name": " ".join(name.split()), "purpose": purpose.strip(), "source": source.strip()}
    row = HashListRow(
        person_id=person.id,
        centre_id=None if owner is None else owner.id,
        record=tx.seal_record(person.id, f"hash_lists/{person.id}/record", record),
        created_at=tx.now(),
    )
    tx.add(row)
    consents.give(tx, person)
    if owner is not None:
        until = tx.now() + timedelta(days=days)
        words = f"list: {record['purpose']}"[:LONGEST]
        clients.allow(tx, owner, person, given_by="centre", words=words, scopes=("letters",), until=until)
    audit.append(tx, tx.actor, "list-made", person.id)
    return _list(tx, row)


def lists(tx: Transaction) -> list[HashList]:
    """Return the lists, oldest first; inside a centre its own."""
    rows = tx.session.scalars(select(HashListRow).order_by(HashListRow.created_at, HashListRow.person_id))
    return [_list(tx, row) for row in rows]


def one(tx: Transaction, list_id: UUID) -> HashList:
    """Return one list, or raise UnknownList."""
    return _list(tx, _row(tx, list_id))


def called(tx: Transaction, name: str) -> HashList:
    """Return the list with this name, with or without its centre's before it, or raise UnknownList."""
    wanted = " ".join(name.split()).casefold()
    found = [each for each in lists(tx) if wanted in (each.name.casefold(), get(tx, each.id).name.casefold())]
    if len(found) != 1:
        raise UnknownList(
            f"There {'is no list' if not found else 'are several lists'} called {name!r}: `watchlight hashes list` "
            "shows those there are; write CENTRE: NAME for a centre's."
        )
    return found[0]


def accounts(tx: Transaction) -> set[UUID]:
    """Return the accounts that are lists: nobody is behind them."""
    return set(tx.session.scalars(select(HashListRow.person_id)))


def take(tx: Transaction, list_id: UUID, records: Sequence[Record]) -> Taken:
    """Take records into a list, in their order; what was withdrawn before stays so."""
    owner, taken = _row(tx, list_id).person_id, Taken()
    still_open = _open_among(tx, owner, records)
    for record in records:
        if not record.withdrawn and _hash_index(tx, owner, record.hash) in still_open:
            taken.known += 1
            continue
        row = _known(tx, owner, record)
        if row is not None:
            _again(tx, row, record, taken)
            still_open.discard(row.hash_index)
        elif record.withdrawn or record.hash is None:
            _keep(tx, owner, record, None)
            taken.withdrawn += 1
        else:
            _keep(tx, owner, record, _enrolled(tx, owner, record.hash, record.quality))
            taken.added += 1
    if taken.added and _size(tx, owner) > MOST:
        raise BadValue(f"A list has at most {MOST:,} entries: make another one.")
    return taken


def withdraw(tx: Transaction, list_id: UUID, *, hash: "ImageHash | None" = None, external: str | None = None) -> bool:
    """Withdraw one entry by its hash or the exchange's id; False when there is none that is open."""
    row = _known(tx, _row(tx, list_id).person_id, Record(hash, external=external))
    return row is not None and _close(tx, row)


def withdraw_entry(tx: Transaction, list_id: UUID, entry: UUID) -> bool:
    """Withdraw one entry by its own id; False when it was withdrawn before. UnknownList when there is none."""
    row = tx.session.get(ListEntryRow, entry)
    if row is None or row.list_id != list_id:
        raise UnknownList("There is no such entry.")
    return _close(tx, row)


def entries(tx: Transaction, list_id: UUID, after: UUID | None = None, limit: int | None = None) -> list[Entry]:
    """Return entries in the order of their ids, from the one after `after`, with those that were withdrawn."""
    wanted = select(ListEntryRow).where(ListEntryRow.list_id == list_id).order_by(ListEntryRow.id)
    if after is not None:
        wanted = wanted.where(ListEntryRow.id > after)
    return [_entry(tx, row) for row in tx.session.scalars(wanted.limit(limit)).all()]


def _known(tx: Transaction, owner: UUID, record: Record) -> ListEntryRow | None:
    """Return the entry with this hash, or else with this id of the exchange."""
    for column, index in (
        (ListEntryRow.hash_index, _hash_index(tx, owner, record.hash)),
        (ListEntryRow.external_index, _external_index(tx, owner, record.external)),
    ):
        found = (
            None
            if index is None
            else tx.session.scalar(select(ListEntryRow).where(ListEntryRow.list_id == owner, column == index))
        )
        if found is not None:
            return found
    return None


def _open_among(tx: Transaction, owner: UUID, records: Sequence[Record]) -> set[bytes | None]:
    """Return the indexes of those hashes that are open entries already: an import called again passes them quickly."""
    indexes = [index for record in records if (index := _hash_index(tx, owner, record.hash)) is not None]
    found = set[bytes | None]()
    for start in range(0, len(indexes), CHUNK):
        wanted = select(ListEntryRow.hash_index, ListEntryRow.enrolment_id).where(
            ListEntryRow.list_id == owner,
            ListEntryRow.hash_index.in_(indexes[start : start + CHUNK]),
            ListEntryRow.withdrawn_at.is_(None),
        )
        there = {row.enrolment_id: row.hash_index for row in tx.session.execute(wanted) if row.enrolment_id}
        found.update(there[each] for each in consents.open_among(tx, there))
    return found


def _again(tx: Transaction, row: ListEntryRow, record: Record, taken: Taken) -> None:
    if record.withdrawn:
        taken.withdrawn += _close(tx, row)
    elif not _is_open(tx, row):
        taken.refused += 1
    else:
        taken.known += 1


def _keep(tx: Transaction, owner: UUID, record: Record, enrolment: UUID | None) -> None:
    new = uuid4()
    kept = {
        "hash": record.hash.hex if enrolment is not None and record.hash is not None else None,
        "quality": record.quality,
        "external": record.external,
        "tags": list(record.tags[:LONGEST_TAGS]),
    }
    tx.add(
        ListEntryRow(
            id=new,
            list_id=owner,
            hash_index=_hash_index(tx, owner, record.hash),
            external_index=_external_index(tx, owner, record.external),
            enrolment_id=enrolment,
            record=tx.seal_record(owner, f"hash_list_entries/{new}/record", kept),
            imported_at=tx.now(),
            withdrawn_at=tx.now() if enrolment is None else None,
        )
    )


def _enrolled(tx: Transaction, owner: UUID, upright: "ImageHash", quality: int) -> UUID:
    from matchers import Fingerprint

    try:
        return enrolments.enrol(tx, owner, Fingerprint.of_hash(upright, quality)).id
    except AlreadyEnrolled as there:
        return there.enrolment


def _close(tx: Transaction, row: ListEntryRow) -> bool:
    """Delete the hash of an entry at once, from the list and from what is compared."""
    was_open = _is_open(tx, row)
    if row.enrolment_id is not None:
        consents.withdraw(tx, enrolment=row.enrolment_id)
    place = f"hash_list_entries/{row.id}/record"
    kept = {**tx.unseal_record(row.list_id, place, row.record), "hash": None}
    row.record, row.withdrawn_at = tx.seal_record(row.list_id, place, kept), row.withdrawn_at or tx.now()
    tx.session.flush()
    return was_open


def _is_open(tx: Transaction, row: ListEntryRow) -> bool:
    """Ask the enrolment as well: it can be withdrawn like any other."""
    return row.withdrawn_at is None and row.enrolment_id is not None and consents.is_open(tx, row.enrolment_id)


def _hash_index(tx: Transaction, owner: UUID, upright: "ImageHash | None") -> bytes | None:
    return None if upright is None else tx.vault.index("list-hash", owner.bytes + upright.bits)


def _external_index(tx: Transaction, owner: UUID, external: str | None) -> bytes | None:
    return None if external is None else tx.vault.index("list-external", owner.bytes + external.encode())


def _size(tx: Transaction, owner: UUID, *, withdrawn: bool = False) -> int:
    closed = ListEntryRow.withdrawn_at.is_not(None) if withdrawn else ListEntryRow.withdrawn_at.is_(None)
    return tx.session.scalar(select(func.count(ListEntryRow.id)).where(ListEntryRow.list_id == owner, closed)) or 0


def _row(tx: Transaction, list_id: UUID) -> HashListRow:
    row = tx.session.get(HashListRow, list_id)
    if row is None:
        raise UnknownList(f"There is no list {list_id} (any more): `watchlight hashes list` shows those there are.")
    return row


def _list(tx: Transaction, row: HashListRow) -> HashList:
    record = tx.unseal_record(row.person_id, f"hash_lists/{row.person_id}/record", row.record)
    return HashList(
        id=row.person_id,
        centre=row.centre_id,
        minors=get(tx, row.person_id).minor,
        created_at=row.created_at,
        entries=_size(tx, row.person_id),
        withdrawn=_size(tx, row.person_id, withdrawn=True),
        **record,
    )


def _entry(tx: Transaction, row: ListEntryRow) -> Entry:
    from matchers.hashes import ImageHash, pdq

    record = tx.unseal_record(row.list_id, f"hash_list_entries/{row.id}/record", row.record)
    ended = tx.session.scalar(select(EnrolmentRow.withdrawn_at).where(EnrolmentRow.id == row.enrolment_id))
    withdrawn_at = row.withdrawn_at or ended
    hex_ = None if withdrawn_at is not None else record["hash"]
    return Entry(
        id=row.id,
        hash=None if hex_ is None else ImageHash.from_hex(pdq.ALGORITHM, pdq.VERSION, hex_),
        quality=record["quality"],
        external=record["external"],
        tags=tuple(record["tags"]),
        imported_at=row.imported_at,
        withdrawn_at=withdrawn_at,
    )
