"""Two centres with staff and clients, for tests of what each may reach."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from registry import cases, centres, clients
from registry.centres import Centre
from registry.clients import Client
from registry.people import Person
from registry.transaction import Transaction
from tests.registry.conftest import add_kim, enrolled, expose


@dataclass(frozen=True)
class House:
    """One centre with a lead, a caseworker, and one client who has one exposure and one letter."""

    centre: Centre
    lead: Person
    worker: Person
    client: Client
    person: Person
    exposure: cases.Exposure
    letter: UUID


def allowed(tx: Transaction, at: Centre, person: Person, *scopes: str, days: float = 90, **how: Any) -> Client:
    """Record a consent for these scopes, for all when none is named."""
    how = {"given_by": "self", "words": "signed form", **how}
    scopes = scopes or ("watch", "addresses", "letters")
    return clients.allow(tx, at, person, scopes=scopes, until=tx.now() + timedelta(days=days), **how)


def centre_with_client(tx: Transaction, name: str, seed: int = 1) -> House:
    """Set a centre up."""
    at = centres.add_centre(tx, name, f"{name.lower()}@centre.example")
    lead, worker = (add_kim(tx, f"{name} {role}", roles=("caseworker",)) for role in ("Lead", "Worker"))
    centres.put_to_work(tx, at, lead, "lead", f"{name} lead")
    centres.put_to_work(tx, at, worker, "caseworker", f"{name} worker")
    person = add_kim(tx, f"Client of {name}")
    found = expose(tx, enrolled(tx, person, seed, label="beach"), page=f"https://forum.example/{name.lower()}")
    letter = cases.save_notice(tx, found, "us_tida", "en", "Please remove this picture.")
    return House(at, lead, worker, allowed(tx, at, person), person, found, letter.id)
