"""Centres in a running portal: staff at work, and clients who have let them in."""

from datetime import timedelta
from uuid import UUID

from registry import centres, clients, people
from registry.clients import Client
from registry.errors import UnknownCentre, UnknownPerson
from registry.people import Person
from registry.tenancy import SCOPES
from tests.portal.served import Portal

CENTRE = "Harbour Centre"


def at_work(portal: Portal, name: str, role: str = "caseworker", centre: str = CENTRE) -> Person:
    """Put somebody to work at a centre, making both where they are not there yet."""
    with portal.registry.transaction("test") as tx:
        try:
            at = centres.find_centre(tx, centre)
        except UnknownCentre:
            at = centres.add_centre(tx, centre, f"{centre.split()[0].lower()}@centre.example")
        try:
            person = people.find(tx, name)
        except UnknownPerson:
            person = people.add_person(
                tx, name, email=f"{name.split()[-1].lower()}@work.example", roles=("caseworker",)
            )
        centres.put_to_work(tx, at, person, role, f"Counsellor {name.split()[-1]}")
        return people.get(tx, person.id)


def client_of(
    portal: Portal, name: str, *scopes: str, centre: str = CENTRE, given_by: str = "self", **about: object
) -> tuple[Person, Client]:
    """Add somebody who has let a centre in for these scopes, for all when none is named."""
    person = portal.person(name, **about)
    with portal.registry.transaction("test") as tx:
        client = clients.allow(
            tx,
            centres.find_centre(tx, centre),
            person,
            given_by=given_by,
            words="signed form",
            scopes=scopes or SCOPES,
            until=tx.now() + timedelta(days=90),
        )
    return person, client


def found_for(portal: Portal, person: Person, seed: int = 1, page: str = "https://t.me/s/room/12") -> UUID:
    """Let a copy of a photo of theirs be found."""
    return portal.exposed(portal.enrolled(person, "beach", seed), page)
