"""Looks a letter over before it is read: what is filled, open or missing, what must not be in it, what it reveals."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from alerts.notices.facts import Fact, Facts
from alerts.notices.filling import Filling
from alerts.notices.saying import found_in, rules


@dataclass(frozen=True)
class Revealed:
    """One field that tells the reader something about the sender. `level` is low, medium or high."""

    field: str
    label: str
    value: str
    level: str


@dataclass(frozen=True)
class Required:
    """One field the law or the form asks for: filled, open (to be filled by hand) or missing."""

    field: str
    label: str
    state: str


@dataclass(frozen=True)
class Barred:
    """One thing that must not be in this letter, and the fields where it was found."""

    rule: str
    words: str
    found_in: tuple[str, ...]


@dataclass(frozen=True)
class Check:
    """The whole look: complete means nothing missing, nothing open and nothing in it that must not be."""

    required: tuple[Required, ...]
    barred: tuple[Barred, ...]

    @property
    def complete(self) -> bool:
        """Say whether the letter could go out as it is."""
        return all(each.state == "filled" for each in self.required) and not any(each.found_in for each in self.barred)

    def as_json(self) -> dict[str, Any]:
        """Return this check as plain JSON values."""
        return {
            "complete": self.complete,
            "required": [vars(each) for each in self.required],
            "must_not": [{**vars(each), "found_in": list(each.found_in)} for each in self.barred],
        }


def check(known: Facts, letter: Fact, language: str, filling: Filling, person_name: str) -> Check:
    """Return what is there of what the letter needs, and what is in it that must not be."""
    required = [_required(known, language, name, filling) for name in letter["m"]]
    # Only what the sender wrote can break a rule: the rest are our own words and the record's fields.
    written = {name: filling.values[name] for name in filling.said if name in filling.values}
    barred = [
        Barred(
            rule,
            known.phrase("must_not", rule, language),
            tuple(
                name
                for name, text in written.items()
                if known.field(name)["type"] not in ("url", "url_list")
                and rule in found_in(letter, name, text, person_name)
            ),
        )
        for rule in rules(letter)
    ]
    return Check(tuple(required), tuple(barred))


def reveals(known: Facts, language: str, filling: Filling) -> Iterator[Revealed]:
    """Yield what the letter tells its reader about its sender, field by field, with the words that tell it."""
    for name, value in filling.values.items():
        level = str(known.field(name)["disclosure"])
        if level != "none" and name not in filling.open_places:
            yield Revealed(name, known.label(name, language), value, level)


def _required(known: Facts, language: str, name: str, filling: Filling) -> Required:
    state = "missing" if name in filling.missing else "open" if name in filling.open_places else "filled"
    return Required(name, known.label(name, language), state)
