"""What can go wrong with the registry, in sentences that say what to do next."""

from uuid import UUID


class RegistryError(Exception):
    """Something about the registry that a person can act on; str() is the sentence for them."""


class RegistryUnavailable(RegistryError):
    """The database cannot be read or written now; nothing that was accepted before is lost."""


class WrongKey(RegistryError):
    """The registry key is missing, unreadable, or not the one this database was made with."""


class NewerRegistry(RegistryError):
    """The database was made by a newer version of Watchlight."""


class SealBroken(RegistryError):
    """A stored value does not open: it was changed, moved to another row, or belongs to another key."""


class BadValue(RegistryError):
    """A value that the registry refuses to keep; the sentence names the field."""


class UnknownPerson(RegistryError):
    """Nobody with this name or id is in the registry."""

    @classmethod
    def called(cls, name: str) -> "UnknownPerson":
        """Return the error for a name that somebody typed."""
        return cls(
            f"Nobody is called {name!r} here. `watchlight person list` shows who there is, "
            f"`watchlight person add NAME` adds somebody."
        )


class PersonExists(RegistryError):
    """A person with this name or mail address is there already."""


class UnknownEnrolment(RegistryError):
    """No such enrolment (any more)."""


class UnknownExposure(RegistryError):
    """No such exposure (any more)."""


class UnknownAlert(RegistryError):
    """No such alert (any more)."""


class UnknownFlood(RegistryError):
    """No such flood (any more)."""


class UnknownNotice(RegistryError):
    """No such notice (any more)."""


class UnknownCentre(RegistryError):
    """No such centre (any more)."""


class UnknownClient(RegistryError):
    """No such client of this centre (any more), or none whose consent is open."""


class UnknownToken(RegistryError):
    """No such token (any more)."""


class UnknownList(RegistryError):
    """No such hash list, or no such entry of it (any more)."""


class UnknownWebhook(RegistryError):
    """No such webhook (any more)."""


class UnknownReview(RegistryError):
    """No such review, or it was decided."""


class NotAlone(BadValue):
    """Somebody under age enrols with a guardian or a centre beside them."""


class OutOfReach(RegistryError):
    """A centre wanted what belongs to another one, or what its client has not allowed: it gets nothing."""


class NoConsent(RegistryError):
    """The person has not consented, or has withdrawn: nothing may be kept, compared or told."""


class AlreadyEnrolled(RegistryError):
    """This person enrolled the same photo before; `.enrolment` is the id of the first time."""

    def __init__(self, enrolment: UUID) -> None:
        super().__init__(f"This photo is enrolled already, as {enrolment}.")
        self.enrolment = enrolment


class BadLink(RegistryError):
    """A sign-in link that is wrong, used or expired; the three are never told apart."""


class BadCode(RegistryError):
    """A recovery code that is wrong, used or replaced; the three are never told apart."""


class UnknownPasskey(RegistryError):
    """No such passkey of this person (any more)."""


class PasskeyCopied(RegistryError):
    """A passkey's counter did not go up: there is a copy of it somewhere."""


class AuditBroken(RegistryError):
    """The audit chain does not hold from `.position` on."""

    def __init__(self, position: int) -> None:
        super().__init__(f"The audit trail was changed at entry {position}: compare with a backup before you trust it.")
        self.position = position


class EvidenceBroken(RegistryError):
    """The evidence chain does not hold at `.position`."""

    def __init__(self, position: int, what: str) -> None:
        super().__init__(f"Evidence {position} was changed ({what}): compare with an export or a backup from before.")
        self.position = position
