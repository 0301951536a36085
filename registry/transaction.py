"""One unit of work on the registry: everything in it happens, or nothing."""

import json
from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from registry import crypto
from registry.crypto import Vault
from registry.errors import UnknownPerson
from registry.models import Base, PersonRow


class Transaction:
    """What the functions of the registry work on: a session, the vault, the clock and who acts."""

    def __init__(self, session: Session, vault: Vault, clock: Callable[[], datetime], actor: str) -> None:
        self.session = session
        self.vault = vault
        self.actor = actor
        self.now = clock
        self._data_keys: dict[UUID, bytes] = {}

    def add(self, row: Base) -> None:
        """Write a new row now, so that a refusal comes from the line that caused it."""
        self.session.add(row)
        self.session.flush()

    def remember_key(self, person: UUID, data_key: bytes) -> None:
        """Keep the data key of a person for the rest of this unit of work."""
        self._data_keys[person] = data_key

    def data_key(self, person: UUID) -> bytes:
        """Return the data key of a person."""
        if person not in self._data_keys:
            wrapped = self.session.scalar(select(PersonRow.wrapped_key).where(PersonRow.id == person))
            if wrapped is None:
                raise UnknownPerson(f"There is no person {person} (any more).")
            self._data_keys[person] = self.vault.unwrap(wrapped, person)
        return self._data_keys[person]

    def seal(self, person: UUID, place: str, plain: bytes) -> bytes:
        """Return bytes sealed with the person's key for `place` ("table/row id/column")."""
        return crypto.seal(self.data_key(person), plain, place)

    def unseal(self, person: UUID, place: str, sealed: bytes) -> bytes:
        """Return the bytes that were sealed for `place`."""
        return crypto.unseal(self.data_key(person), sealed, place)

    def seal_record(self, person: UUID, place: str, record: dict[str, Any]) -> bytes:
        """Return a record (plain JSON values) sealed for `place`."""
        return self.seal(person, place, json.dumps(record, ensure_ascii=False).encode())

    def unseal_record(self, person: UUID, place: str, sealed: bytes) -> dict[str, Any]:
        """Return the record that was sealed for `place`."""
        record: dict[str, Any] = json.loads(self.unseal(person, place, sealed))
        return record
