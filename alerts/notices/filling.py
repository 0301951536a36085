"""What goes into the fields of a letter: from the exposure, the person's record and the sender."""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol
from uuid import UUID

from alerts.contacts import Desk
from alerts.errors import BadValue, MissingField, UnknownField
from alerts.notices.facts import Fact, Facts
from alerts.untrusted import address_line, host_line, one_line


class Depicted(Protocol):
    """What a letter may know of the person: nothing beyond this is ever read."""

    @property
    def name(self) -> str: ...
    @property
    def email(self) -> str | None: ...
    @property
    def country(self) -> str: ...
    @property
    def minor(self) -> bool: ...


class Found(Protocol):
    """What a letter may know of the exposure: where and since when, never how it was recognised."""

    @property
    def id(self) -> UUID: ...
    @property
    def page_url(self) -> str: ...
    @property
    def picture_url(self) -> str | None: ...
    @property
    def first_seen(self) -> datetime: ...


OPEN_PLACE = "____________________"
BOX = "[{}]"
YES = {"yes", "y", "true", "예", "네"}
EMAIL = re.compile(r"[!-?A-~]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9.-]{0,250})\.[A-Za-z0-9-]{2,63}")
PHONE = re.compile(r"[0-9+() -]{3,40}")
ADDRESSES = 100  # addresses in one letter
# Sentences the sender vouches for. The words are fixed; which ones hold, only the sender can say.
STATEMENTS = {
    "non_consent_statement": {
        "yes": "non_consent_statement",
        "publication": "non_consent_statement_distribution",
    },
    "good_faith_statement": {"yes": "us_tida_good_faith"},
    "bona_fide_statement": {"yes": "bona_fide_statement"},
}
SAID_ANYWHERE = ("requester_role", "authority_basis")  # who writes may be said in any letter
ACTS_FOR_SOMEBODY = {"authorised_representative", "support_centre", "guardian"}
WORDS = {
    "ko": {
        "operator": "{name} 운영자 귀중",
        "kr_operator": "{name} 운영자(불법촬영물등 유통방지 책임자) 귀중",
        "place": "사이트 {host}, 아래 URL의 게시물",
        "picture": "사진 파일 주소 {address} · 처음 확인한 시각 {seen}(UTC)",
        "embedded": "사진이 페이지 안에 들어 있음 · 처음 확인한 시각 {seen}(UTC)",
    },
    "en": {
        "operator": "Operator of {name}",
        "kr_operator": "Operator of {name}, officer for preventing the distribution of illegal filming",
        "place": "Site {host}, post at the address below",
        "picture": "picture file {address}; first seen {seen} UTC",
        "embedded": "the picture is part of the page itself; first seen {seen} UTC",
    },
}


@dataclass(frozen=True)
class Filling:
    """A letter's values by field, the fields its sender gave, and the places still to be filled by hand."""

    values: Mapping[str, str]
    said: tuple[str, ...]
    open_places: tuple[str, ...]


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

    def fill(self, exposure: Found, person: Depicted, given: Mapping[str, str], now: datetime) -> Filling:
        """Return this letter's values, or raise UnknownField, BadValue or MissingField with the name."""
        self._refuse_unknown(given)
        values = self._from_records(exposure, person, now)
        values |= {name: self._said(name, text) for name, text in given.items()}
        missing = [name for name in self._asked_for(given) if not values.get(name)]
        by_hand = [name for name in missing if name in self.letter.get("by_hand", ())]
        self._refuse_missing([name for name in missing if name not in by_hand])
        values |= {name: self._open_place(name) for name in by_hand}
        filled = {name: text for name, text in values.items() if text}
        return Filling(filled, tuple(name for name in given if name in filled), tuple(by_hand))

    def names(self) -> list[str]:
        """Return every field a sender may give; words that are fixed in every letter are not among them."""
        listed = [*self.letter["m"], *self.letter.get("c", ()), *self.letter["o"], *SAID_ANYWHERE]
        return [name for name in dict.fromkeys(listed) if not self._fixed(name)]

    def _fixed(self, name: str) -> bool:
        kind = self.known.field(name)["type"]
        return kind == "fixed" or (kind == "statement" and name not in STATEMENTS)

    def _from_records(self, exposure: Found, person: Depicted, now: datetime) -> dict[str, str]:
        """What nobody needs to type. The sender is the person themselves until the sender says otherwise."""
        place = address_line(exposure.page_url)
        if place is None:
            raise BadValue("content_urls", "the page has no web address that could stand in a letter.")
        words = WORDS[self.language]
        operator = words["kr_operator" if self.letter["notice_type"] == "kr_tba_22_5" else "operator"]
        digest = hashlib.sha256(exposure.id.bytes).hexdigest().upper()
        return {
            "case_ref": f"C-{digest[:4]}-{digest[4:8]}",
            "provider_name": self.desk.name,
            "recipient_name": operator.format(name=self.desk.name),
            "legal_basis_line": "fixed",
            "target_location": words["place"].format(host=host_line(exposure.page_url)),
            "content_urls": place,
            "locator_details": self._locator(exposure),
            "requester_name": one_line(person.name),
            "requester_email": person.email or "",
            "requester_role": self._said("requester_role", "self"),
            "kr_request_kind": self._said("kr_request_kind", "삭제요청"),
            "signature_date": now.astimezone(UTC).date().isoformat(),
        }

    def _locator(self, exposure: Found) -> str:
        seen = exposure.first_seen.astimezone(UTC).strftime("%Y-%m-%d %H:%M")
        address = address_line(exposure.picture_url)
        key = "picture" if address else "embedded"
        return WORDS[self.language][key].format(address=address, seen=seen)

    def _asked_for(self, given: Mapping[str, str]) -> list[str]:
        """The mandatory fields; whoever acts for somebody else must also say by what authority."""
        wanted = list(self.letter["m"])
        if given.get("requester_role", "self").strip() in ACTS_FOR_SOMEBODY:
            wanted.append("authority_basis")
        return wanted

    def _refuse_unknown(self, given: Mapping[str, str]) -> None:
        for name in given:
            if name not in self.names():
                raise UnknownField(self.letter["notice_type"], name, self.names())

    def _refuse_missing(self, names: list[str]) -> None:
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
        choices = self.known.field(name).get("values")
        shape = "|".join(choices) if choices else f"'{self.known.field(name).get('rule', 'TEXT')}'"
        return f"--set {name}={shape}"

    def _said(self, name: str, untrusted: str) -> str:
        """Return what the sender gave for one field, checked by its kind, as it stands in the letter."""
        text = one_line(untrusted)
        kind = self.known.field(name)["type"]
        if not text:
            return ""
        if name in STATEMENTS:
            return self._statement(name, text)
        if kind == "enum":
            return self._choice(name, text)
        if kind in ("url_list", "url"):
            return _addresses(name, untrusted)
        if kind == "email" and not EMAIL.fullmatch(text):
            raise BadValue(name, "this does not look like a mail address.")
        if kind == "phone" and not PHONE.fullmatch(text):
            raise BadValue(name, "a phone number has only digits, spaces, + ( ) and -.")
        return text

    def _statement(self, name: str, text: str) -> str:
        choices = STATEMENTS[name]
        chosen = "yes" if text.casefold() in YES else text.casefold()
        if chosen not in choices:
            raise BadValue(name, f"the words are fixed; say {' or '.join(choices)} if they are true.")
        return self.known.sentence(choices[chosen], self.language)

    def _choice(self, name: str, text: str) -> str:
        entry = self.known.field(name)
        if text not in entry["values"] or text in self.letter.get("not_for", {}).get(name, ()):
            allowed = [v for v in entry["values"] if v not in self.letter.get("not_for", {}).get(name, ())]
            raise BadValue(name, f"{text!r} is not one of {', '.join(allowed)}.")
        return self._boxes(name, text) if name == "kr_material_type" else self._word(name, text)

    def _open_place(self, name: str) -> str:
        return self._boxes(name, None) if self.known.field(name)["type"] == "enum" else OPEN_PLACE

    def _boxes(self, name: str, ticked: str | None) -> str:
        """All the boxes of a form, so that its reader sees which one is meant and which are not."""
        values = self.known.field(name)["values"]
        marks = {value: BOX.format("v" if value == ticked else " ") for value in values}
        return "\n".join(f"{mark} {self._word(name, value)}" for value, mark in marks.items())

    def _word(self, name: str, value: str) -> str:
        words: Mapping[str, Mapping[str, str]] = self.known.field(name).get("value_words", {})
        return words.get(self.language, {}).get(value, value)


def _addresses(name: str, untrusted: str) -> str:
    lines = [address_line(each) for each in untrusted.split()]
    if len(lines) > ADDRESSES or not all(lines):
        raise BadValue(name, f"give 1 to {ADDRESSES} web addresses (http or https), with a space between them.")
    return "\n".join(line for line in lines if line)
