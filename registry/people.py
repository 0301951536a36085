"""People: who is protected, who acts for them, who runs the crawl."""

import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo, available_timezones

from sqlalchemy import delete, or_, select

from registry import audit
from registry.errors import BadValue, PersonExists, UnknownPerson
from registry.models import PersonRow, RoleRow
from registry.transaction import Transaction
from registry.wishes import looks_like_mail, reachable, refuse_wishes

ROLES = ("person", "caseworker", "operator", "list")  # a list has nobody behind it, see registry.lists
LANGUAGES = ("en", "ko")
LONGEST = 500  # characters a single field may have
ADULT_AGE = 19  # the Korean youth protection age; the year alone decides, so that nobody counts as adult early


@dataclass(frozen=True)
class Person:
    """Somebody the registry knows. Everything but `id`, `roles` and `created_at` is sealed at rest.

    What names them is left out of repr(), so that it cannot slip into a log. How they want to be told, from `digest`
    to `supporter_phrase`, takes the values of registry.wishes.
    """

    id: UUID
    name: str = field(repr=False)
    email: str | None = field(default=None, repr=False)
    language: str = "en"
    timezone: str = "Asia/Seoul"
    country: str = "KR"
    phrase: str | None = field(default=None, repr=False)
    webhook_url: str | None = field(default=None, repr=False)
    webhook_secret: str | None = field(default=None, repr=False)
    apprise_url: str | None = field(default=None, repr=False)
    channels: tuple[str, ...] = ()
    digest: str = "now"
    digest_at: str = "10:00"
    quiet: str | None = None
    detail: str = "counts"
    all_clear: str = "off"
    told_first: str = "me"
    supporter_email: str | None = field(default=None, repr=False)
    supporter_phrase: str | None = field(default=None, repr=False)
    birth_year: int | None = field(default=None, repr=False)
    minor: bool = False
    roles: tuple[str, ...] = ("person",)
    created_at: datetime | None = None


# What lies in the sealed profile, in this order; docs/privacy.md says why for each.
PROFILE = tuple(f.name for f in fields(Person) if f.name not in {"id", "roles", "created_at", "minor"})


def add_person(
    tx: Transaction,
    name: str,
    *,
    email: str | None = None,
    language: str = "en",
    timezone: str = "Asia/Seoul",
    country: str = "KR",
    phrase: str | None = None,
    webhook_url: str | None = None,
    webhook_secret: str | None = None,
    channels: Sequence[str] | None = None,
    birth_year: int | None = None,
    roles: Iterable[str] = ("person",),
    **wishes: str | None,
) -> Person:
    """Keep a new person and return them. Raises PersonExists for a known name or mail address.

    `channels` are names of alert channels ("smtp", "webhook", "apprise"); None takes every one there is an address
    for. `webhook_secret` signs webhooks to this person. `wishes` are the other fields of Person that say how they
    want to be told.
    """
    if not set(wishes) <= set(PROFILE):
        raise BadValue(f"A person has no field {', '.join(sorted(set(wishes) - set(PROFILE)))}.")
    person = Person(
        id=uuid4(),
        name=" ".join(name.split()),
        email=email.strip() if email and email.strip() else None,
        language=language,
        timezone=timezone,
        country=country.upper(),
        phrase=phrase,
        webhook_url=webhook_url,
        webhook_secret=webhook_secret,
        channels=_channels(channels, email, webhook_url, wishes.get("apprise_url")),
        birth_year=birth_year,
        roles=_known_roles(roles),
        created_at=tx.now(),
        **wishes,  # type: ignore[arg-type]
    )
    _refuse_nonsense(person)
    _refuse_twice(tx, person)
    key = tx.vault.new_data_key()
    tx.remember_key(person.id, key)
    row = PersonRow(
        id=person.id,
        wrapped_key=tx.vault.wrap(key, person.id),
        created_at=person.created_at,
        **_sealed(tx, person),
    )
    tx.add(row)
    for role in person.roles:
        tx.add(RoleRow(person_id=person.id, role=role))
    audit.append(tx, tx.actor, "person-added", person.id)
    return _person(tx, row)


def find(tx: Transaction, name: str) -> Person:
    """Return the person with this name (case and spacing do not count), or raise UnknownPerson."""
    row = tx.session.scalar(select(PersonRow).where(PersonRow.name_index == _name_index(tx, name)))
    if row is None:
        raise UnknownPerson.called(name)
    return _person(tx, row)


def by_email(tx: Transaction, email: str) -> Person | None:
    """Return the person with this mail address, or None: a stranger is not an error, and not to be told."""
    row = tx.session.scalar(select(PersonRow).where(PersonRow.email_index == _email_index(tx, email)))
    return None if row is None else _person(tx, row)


def get(tx: Transaction, person_id: UUID) -> Person:
    """Return the person with this id, or raise UnknownPerson."""
    row = tx.session.get(PersonRow, person_id)
    if row is None:
        raise UnknownPerson(f"There is no person {person_id} (any more).")
    return _person(tx, row)


def people(tx: Transaction) -> list[Person]:
    """Return everybody, oldest first."""
    rows = tx.session.scalars(select(PersonRow).order_by(PersonRow.created_at, PersonRow.id))
    return [_person(tx, row) for row in rows]


def change(tx: Transaction, person: Person | UUID, **changes: Any) -> Person:
    """Change fields of a person (those of Person but id and created_at) and return them as they are now."""
    before = get(tx, id_of(person))
    if not set(changes) <= {*PROFILE, "roles"}:
        raise BadValue(f"A person has no field {', '.join(sorted(set(changes) - {*PROFILE, 'roles'}))}.")
    if "channels" not in changes and before.channels == _reachable(before):
        changes["channels"] = _reachable(replace(before, **changes))
    after = replace(before, **changes)
    _refuse_nonsense(after)
    _refuse_twice(tx, after)
    row = tx.session.get_one(PersonRow, before.id)
    for column, value in _sealed(tx, after).items():
        setattr(row, column, value)
    tx.session.flush()
    if "roles" in changes:
        _set_roles(tx, after)
    audit.append(tx, tx.actor, "person-changed", before.id)
    return get(tx, before.id)


def id_of(person: Person | UUID) -> UUID:
    """Return the id, given either the person or the id."""
    return person.id if isinstance(person, Person) else person


def _reachable(person: Person) -> tuple[str, ...]:
    return reachable(person.email, person.webhook_url, person.apprise_url)


def _channels(
    chosen: Sequence[str] | None, email: str | None, webhook_url: str | None, apprise_url: str | None
) -> tuple[str, ...]:
    return reachable(email, webhook_url, apprise_url) if chosen is None else tuple(chosen)


def _known_roles(roles: Iterable[str]) -> tuple[str, ...]:
    wanted = set(roles)
    if not wanted or not wanted <= set(ROLES):
        raise BadValue(f"A role is one of {', '.join(ROLES)}.")
    return tuple(role for role in ROLES if role in wanted)


def _refuse_nonsense(person: Person) -> None:
    """Raise BadValue, naming the field, for what could never be right."""
    for name in PROFILE:
        value = getattr(person, name)
        if isinstance(value, str) and (len(value) > LONGEST or not value.isprintable() or not value):
            raise BadValue(f"The {name} must be 1 to {LONGEST} printable characters.")
    if person.email is not None and not looks_like_mail(person.email):
        raise BadValue("The email must look like name@example.org.")
    if person.language not in LANGUAGES:
        raise BadValue(f"The language is one of {', '.join(LANGUAGES)}.")
    if person.timezone not in available_timezones():
        raise BadValue(f"The timezone {person.timezone!r} is not known: write it like Asia/Seoul or Europe/Berlin.")
    if not (len(person.country) == 2 and person.country.isascii() and person.country.isalpha()):
        raise BadValue("The country is two letters, like KR or US.")
    if person.webhook_url is not None and not person.webhook_url.startswith(("https://", "http://")):
        raise BadValue("The webhook must start with https:// (or http://).")
    if person.birth_year is not None and not 1900 <= person.birth_year <= 2100:
        raise BadValue("The birth_year must be a year such as 1990.")
    refuse_wishes(person)


def _sealed(tx: Transaction, person: Person) -> dict[str, bytes | None]:
    """Return the columns of a person's row that hold what was said about them."""
    profile = {name: getattr(person, name) for name in PROFILE}
    return {
        "profile": tx.seal_record(person.id, f"people/{person.id}/profile", profile),
        "name_index": _name_index(tx, person.name),
        "email_index": None if person.email is None else _email_index(tx, person.email),
    }


def _refuse_twice(tx: Transaction, person: Person) -> None:
    taken = PersonRow.name_index == _name_index(tx, person.name)
    if person.email is not None:
        taken = or_(taken, PersonRow.email_index == _email_index(tx, person.email))
    if tx.session.scalar(select(PersonRow.id).where(taken, PersonRow.id != person.id)) is not None:
        raise PersonExists(
            "Somebody with this name or mail address is here already: choose another name, or use the one there is."
        )


def _set_roles(tx: Transaction, person: Person) -> None:
    tx.session.execute(delete(RoleRow).where(RoleRow.person_id == person.id))
    for role in _known_roles(person.roles):
        tx.add(RoleRow(person_id=person.id, role=role))


def _name_index(tx: Transaction, name: str) -> bytes:
    return tx.vault.index("name", _folded(name))


def _email_index(tx: Transaction, email: str) -> bytes:
    return tx.vault.index("email", _folded(email))


def _folded(written: str) -> bytes:
    """Return what two ways of writing the same have in common: case, width and spacing do not count."""
    return " ".join(unicodedata.normalize("NFKC", written).casefold().split()).encode()


def _person(tx: Transaction, row: PersonRow) -> Person:
    profile = tx.unseal_record(row.id, f"people/{row.id}/profile", row.profile)
    found = set(tx.session.scalars(select(RoleRow.role).where(RoleRow.person_id == row.id)))
    year = profile["birth_year"]
    there = tx.now().astimezone(ZoneInfo(profile["timezone"]))
    profile["channels"] = tuple(profile["channels"])
    return Person(
        id=row.id,
        minor=year is not None and there.year - year <= ADULT_AGE - 1,
        roles=tuple(role for role in ROLES if role in found),
        created_at=row.created_at,
        **profile,
    )
