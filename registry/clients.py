"""Clients of a centre, and the consents that let it act: for what, said by whom, until when.

No consent opens anything for longer than a year, and none is renewed by itself. Somebody under age cannot give one
alone: a guardian does, or the centre says that it acts under the law.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from sqlalchemy import select

from registry import audit
from registry.centres import Centre, centre
from registry.errors import BadValue, OutOfReach, PersonExists, UnknownClient
from registry.models import ClientConsentRow, ClientRow, HashListRow
from registry.people import LONGEST, Person, add_person, get, id_of
from registry.reviews import verify
from registry.tenancy import FLAGS, SCOPES, TENANT
from registry.transaction import Transaction

GIVERS = ("self", "guardian", "centre")
IN_PORTAL = "portal"  # the words of a consent that the person gave in their own pages
LONGEST_TERM = timedelta(days=366)


@dataclass(frozen=True)
class ClientConsent:
    """One yes to a centre. `words` say how it was given (a signed form, on the phone), `scopes` are of SCOPES."""

    id: UUID
    client: UUID
    given_by: str
    words: str = field(repr=False)
    scopes: tuple[str, ...]
    given_at: datetime
    until: datetime
    withdrawn_at: datetime | None

    def open_at(self, now: datetime) -> bool:
        """Say whether it holds at `now`."""
        return self.withdrawn_at is None and now < self.until


@dataclass(frozen=True)
class Client:
    """One person at one centre. `person` is None for the centre when no consent is open: it may not know who."""

    id: UUID
    centre: UUID
    person: UUID
    created_at: datetime
    consents: tuple[ClientConsent, ...]

    def scopes_at(self, now: datetime) -> tuple[str, ...]:
        """Return what is allowed at `now`."""
        allowed = {scope for each in self.consents if each.open_at(now) for scope in each.scopes}
        return tuple(scope for scope in SCOPES if scope in allowed)

    @property
    def own(self) -> bool:
        """Say whether the person let the centre in from their own pages: then only they can allow more."""
        return any(each.words == IN_PORTAL for each in self.consents)

    def until(self, now: datetime) -> datetime | None:
        """Return when the last of the open consents ends, None when none is open."""
        return max((each.until for each in self.consents if each.open_at(now)), default=None)


def take_in(
    tx: Transaction,
    at: Centre | UUID,
    name: str,
    *,
    given_by: str,
    words: str,
    scopes: Iterable[str],
    until: datetime,
    **about: object,
) -> Client:
    """Make an account for somebody who came to the centre, and record what they allow. `about` goes to add_person.

    Somebody who has an account lets the centre in themselves. A pseudonym that is taken gets a few signs more, so
    that nobody learns from it who is here.
    """
    _refuse_inside(tx)
    try:
        person = add_person(tx, name, **about)  # type: ignore[arg-type]
    except PersonExists:
        if about.get("email") is not None:
            raise BadValue("This address cannot be used: leave it empty, or ask the person to let you in.") from None
        person = add_person(tx, f"{' '.join(name.split())} {uuid4().hex[:4]}", **about)  # type: ignore[arg-type]
    client = allow(tx, at, person, given_by=given_by, words=words, scopes=scopes, until=until)
    verify(tx, person, "centre")  # the centre has seen them
    return client


def allow(
    tx: Transaction,
    at: Centre | UUID,
    person: Person | UUID,
    *,
    given_by: str,
    words: str,
    scopes: Iterable[str],
    until: datetime,
) -> Client:
    """Record that a centre may act for a person, and return them as its client."""
    where, who = centre(tx, at.id if isinstance(at, Centre) else at), get(tx, id_of(person))
    if where.closed_at is not None:
        raise BadValue(f"{where.name} is closed.")
    wanted = _sensible(tx, who, given_by, words, tuple(scopes), until)
    row = tx.session.scalar(select(ClientRow).where(ClientRow.centre_id == where.id, ClientRow.person_id == who.id))
    if row is None:
        row = ClientRow(id=uuid4(), centre_id=where.id, person_id=who.id, created_at=tx.now())
        tx.add(row)
    new = uuid4()
    record = {"words": " ".join(words.split())}
    consent = ClientConsentRow(
        id=new,
        client_id=row.id,
        given_by=given_by,
        record=tx.seal_record(who.id, f"client_consents/{new}/record", record),
        **{flag: scope in wanted for scope, flag in FLAGS.items()},
        given_at=tx.now(),
        until=until,
        withdrawn_at=None,
    )
    tx.add(consent)
    audit.append(tx, tx.actor, "centre-allowed", consent.id)
    return _client(tx, row)


def end(tx: Transaction, client: UUID) -> int:
    """End everything a client allows a centre, from this moment; return how many consents that were."""
    row = _row(tx, client)
    open_ones = [each for each in _consent_rows(tx, row.id) if each.withdrawn_at is None and each.until > tx.now()]
    for each in open_ones:
        each.withdrawn_at = tx.now()
        audit.append(tx, tx.actor, "centre-ended", each.id)
    tx.session.flush()
    return len(open_ones)


def clients(tx: Transaction) -> list[Client]:
    """Return the clients, newest first; inside a centre those of the centre whose consent is open."""
    rows = tx.session.scalars(select(ClientRow).order_by(ClientRow.created_at.desc(), ClientRow.id))
    found = (_client(tx, row) for row in rows.all())
    return [each for each in found if TENANT not in tx.session.info or each.scopes_at(tx.now())]


def ended(tx: Transaction) -> int:
    """Return how many clients of the centre have no open consent (any more): nothing else of them is told."""
    rows = tx.session.scalars(select(ClientRow)).all()
    return sum(not _client(tx, row).scopes_at(tx.now()) for row in rows)


def served(tx: Transaction, at: UUID) -> dict[UUID, tuple[datetime, datetime]]:
    """Return for every person who is or was a client of a centre since when, and until when a consent was open.

    For counting only, from outside any centre: inside one nobody is told of people whose consent has ended. An account
    that stands for a hash list is nobody's.
    """
    if TENANT in tx.session.info:
        raise OutOfReach("Who was a client is counted outside the centre.")
    ends = select(ClientRow.person_id, ClientRow.created_at, ClientConsentRow.until, ClientConsentRow.withdrawn_at)
    rows = tx.session.execute(
        ends.join(ClientConsentRow, ClientConsentRow.client_id == ClientRow.id).where(
            ClientRow.centre_id == at, ClientRow.person_id.not_in(select(HashListRow.person_id))
        )
    ).all()
    found: dict[UUID, tuple[datetime, datetime]] = {}
    for person, since, until, withdrawn_at in rows:
        end = min(until, withdrawn_at) if withdrawn_at is not None else until
        found[person] = (since, max(end, found[person][1]) if person in found else end)
    return found


def client(tx: Transaction, client_id: UUID) -> Client:
    """Return one client, or raise UnknownClient; inside a centre only one whose consent is open."""
    found = _client(tx, _row(tx, client_id))
    if TENANT in tx.session.info and not found.scopes_at(tx.now()):
        raise UnknownClient("There is no such client, or none whose consent is open.")
    return found


def client_for(tx: Transaction, person: UUID) -> Client:
    """Return the client that a person is for the centre this unit of work is inside of."""
    row = tx.session.scalar(select(ClientRow).where(ClientRow.person_id == person))
    if row is None:
        raise UnknownClient("There is no such client.")
    return client(tx, row.id)


def centres_of(tx: Transaction, person: Person | UUID) -> list[Client]:
    """Return at which centres a person is or was a client, for the person themselves."""
    wanted = select(ClientRow).where(ClientRow.person_id == id_of(person)).order_by(ClientRow.created_at)
    return [_client(tx, row) for row in tx.session.scalars(wanted).all()]


def accompanied(tx: Transaction, person: Person | UUID) -> bool:
    """Say whether a guardian or a centre stands beside this person now: somebody under age needs one."""
    return any(
        consent.given_by in ("guardian", "centre") and consent.open_at(tx.now())
        for each in centres_of(tx, person)
        for consent in each.consents
    )


def _sensible(
    tx: Transaction, who: Person, given_by: str, words: str, scopes: tuple[str, ...], until: datetime
) -> set[str]:
    """Return the scopes with what they need, or raise BadValue, naming what cannot be."""
    if given_by not in GIVERS:
        raise BadValue(f"Consent is given by one of {', '.join(GIVERS)}.")
    if who.minor and given_by == "self":
        raise BadValue("Somebody under age does not consent alone: a guardian does, or the centre under the law.")
    if not (0 < len(words.strip()) <= LONGEST and words.isprintable()):
        raise BadValue(f"The words say in 1 to {LONGEST} characters how the consent was given.")
    if not scopes or not set(scopes) <= set(SCOPES):
        raise BadValue(f"The scopes are one or more of {', '.join(SCOPES)}.")
    if not tx.now() < until <= tx.now() + LONGEST_TERM:
        raise BadValue("The until must be a day within a year from now.")
    # A letter has the address in it, and an address is of something that was found.
    needed = {"letters": {"watch", "addresses", "letters"}, "addresses": {"watch", "addresses"}, "watch": {"watch"}}
    return {each for scope in scopes for each in needed[scope]}


def _refuse_inside(tx: Transaction) -> None:
    if TENANT in tx.session.info:
        raise OutOfReach("A new client is taken in before the unit of work goes inside the centre.")


def _row(tx: Transaction, client_id: UUID) -> ClientRow:
    row = tx.session.get(ClientRow, client_id)
    if row is None:
        raise UnknownClient("There is no such client, or none whose consent is open.")
    return row


def _consent_rows(tx: Transaction, client_id: UUID) -> list[ClientConsentRow]:
    wanted = select(ClientConsentRow).where(ClientConsentRow.client_id == client_id)
    return list(tx.session.scalars(wanted.order_by(ClientConsentRow.given_at, ClientConsentRow.id)))


def _client(tx: Transaction, row: ClientRow) -> Client:
    consents = _consent_rows(tx, row.id)
    readable = TENANT not in tx.session.info or any(
        each.withdrawn_at is None and each.until > tx.now() for each in consents
    )
    return Client(
        id=row.id,
        centre=row.centre_id,
        person=row.person_id,
        created_at=row.created_at,
        consents=tuple(_consent(tx, row, each, readable=readable) for each in consents),
    )


def _consent(tx: Transaction, client: ClientRow, row: ClientConsentRow, *, readable: bool) -> ClientConsent:
    """The words are sealed with the client's key: without an open consent the centre cannot read them either."""
    words = ""
    if readable:
        words = tx.unseal_record(client.person_id, f"client_consents/{row.id}/record", row.record)["words"]
    return ClientConsent(
        id=row.id,
        client=row.client_id,
        given_by=row.given_by,
        words=words,
        scopes=tuple(scope for scope, flag in FLAGS.items() if getattr(row, flag)),
        given_at=row.given_at,
        until=row.until,
        withdrawn_at=row.withdrawn_at,
    )
