"""Fills the fields of one letter: what the records hold, then what its sender says, then what is still missing."""

from collections.abc import Mapping
from dataclasses import dataclass

from alerts.contacts import Desk
from alerts.errors import MissingField, UnknownField
from alerts.notices.facts import Fact, Facts
from alerts.notices.records import Case, from_records
from alerts.notices.saying import (
    BOX,
    BOXED,
    OPEN_PLACE,
    STATEMENTS,
    allowed,
    boxes,
    refuse_what_must_not_stand,
    said,
)

SAID_ANYWHERE = ("requester_role", "authority_basis")  # who writes may be said in any letter
ACTS_FOR_SOMEBODY = {"authorised_representative", "support_centre", "guardian"}
# Optional fields that stand in a letter without anybody saying them, where the letter has a place for them.
UNASKED = (
    *("case_ref", "legal_basis_line", "locator_details", "file_urls", "requested_actions", "prior_notices"),
    *("preservation_request", "confidentiality_request", "last_checked_at", "notices_sent_log"),
)


@dataclass(frozen=True)
class Filling:
    """A letter's values by field, which of them its sender said, and what is open or missing."""

    values: Mapping[str, str]
    said: tuple[str, ...]
    open_places: tuple[str, ...]
    missing: tuple[str, ...] = ()


def has_open_places(letter: str) -> bool:
    """Say whether a letter still has a place or a row of boxes that only its sender can fill."""
    return OPEN_PLACE in letter or (BOX.format(" ") in letter and BOX.format("v") not in letter)


@dataclass(frozen=True)
class Filler:
    """Fills the fields of one letter in one language."""

    known: Facts
    letter: Fact
    language: str
    desk: Desk

    def fill(self, case: Case, given: Mapping[str, str]) -> Filling:
        """Return this letter's values, or raise UnknownField, BadValue, MustNotStand or MissingField with the name."""
        filling = self.review(case, given)
        self._refuse_missing(filling.missing)
        return filling

    def review(self, case: Case, given: Mapping[str, str]) -> Filling:
        """Return the values and what is missing, without refusing a letter for what is missing."""
        self._refuse_unknown(given)
        values = from_records(case, self.letter, self.known, self.language, self.desk)
        spoken = {name: self._spoken(name, text, case.person.name) for name, text in given.items()}
        values |= spoken
        role = given.get("requester_role", "self").strip()
        if role != "self":
            values |= self._for_somebody(spoken)
        absent = [name for name in self._asked_for(role) if not values.get(name)]
        by_hand = [name for name in absent if name in self.letter.get("by_hand", ())]
        values |= {name: self._open_place(name) for name in by_hand}
        stands = [name for name in self._stands(given, role) if values.get(name)]
        return Filling(
            values={name: values[name] for name in stands},
            said=tuple(name for name in given if spoken[name]),
            open_places=tuple(by_hand),
            missing=tuple(name for name in absent if name not in by_hand),
        )

    def names(self) -> list[str]:
        """Return every field a sender may give; words that are fixed in every letter are not among them."""
        return [name for name in self._places() if not self._fixed(name)]

    def everything_here(self, case: Case) -> Mapping[str, str]:
        """Return what the records would give each field of this letter, used or not."""
        return from_records(case, self.letter, self.known, self.language, self.desk)

    def _places(self) -> list[str]:
        listed = [*self.letter["m"], *self.letter.get("c", ()), *self.letter["o"], *SAID_ANYWHERE]
        return list(dict.fromkeys(listed))

    def _stands(self, given: Mapping[str, str], role: str) -> list[str]:
        """The fields that stand in this letter when they have a value."""
        unasked = [name for name in UNASKED if name in self._places() or name == "case_ref"]
        basis = ["legal_basis_line"] if "basis" in self.letter else []
        return list(dict.fromkeys([*self._asked_for(role), *unasked, *basis, *given]))

    def _fixed(self, name: str) -> bool:
        kind = self.known.field(name)["type"]
        return kind == "fixed" or (kind == "statement" and name not in STATEMENTS)

    def _spoken(self, name: str, untrusted: str, person_name: str) -> str:
        text = said(self.known, self.letter, self.language, name, untrusted)
        refuse_what_must_not_stand(self.known, self.letter, name, text, person_name)
        return text

    def _for_somebody(self, spoken: Mapping[str, str]) -> dict[str, str]:
        """Whoever writes for somebody else does not vouch as that person unless they say so."""
        derived = {
            "depicted_person_is_requester": self.known.value("depicted_person_is_requester", "no", self.language)
        }
        derived["requester_relation"] = spoken["requester_role"]
        return {name: text for name, text in derived.items() if name not in spoken}

    def _asked_for(self, role: str) -> list[str]:
        """The mandatory fields; whoever acts for somebody else must also say by what authority."""
        wanted = list(self.letter["m"])
        if role in ACTS_FOR_SOMEBODY:
            wanted.append("authority_basis")
        return wanted

    def _refuse_unknown(self, given: Mapping[str, str]) -> None:
        for name in given:
            if name not in self.names():
                raise UnknownField(self.letter["notice_type"], name, self.names())

    def _refuse_missing(self, names: tuple[str, ...]) -> None:
        if names:
            labels = {name: self.known.label(name, self.language) for name in names}
            how = {name: self._how_to_give(name) for name in names}
            raise MissingField(self.letter["notice_type"], labels, how)

    def _how_to_give(self, name: str) -> str:
        """Return what to type, or where in the person's record the value would come from."""
        if name in STATEMENTS:
            return f"--set {name}={'|'.join(STATEMENTS[name])} if you can say so"
        if name == "requester_email":
            return f"--set {name}=ADDRESS, or add an address to the person's record"
        choices = allowed(self.known, self.letter, name)
        shape = "|".join(choices) if choices else f"'{self.known.field(name).get('rule', 'TEXT')}'"
        return f"--set {name}={shape}"

    def _open_place(self, name: str) -> str:
        return boxes(self.known, self.language, name, None) if name in BOXED else OPEN_PLACE
