"""The facts behind notices and helplines: how sure, from where, and until when they may be shown."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from importlib.resources import files
from typing import Any

import yaml

CONTACTS = "contacts"
LAW = "law"
Fact = Mapping[str, Any]
NO_NAME = "-"  # what the dictionary holds where a field has no name in a language


@dataclass(frozen=True)
class StaleFact:
    """A fact that somebody must look up again: `hidden` says whether it is shown no more."""

    kind: str
    name: str
    as_of: date
    days: int
    hidden: bool
    source: str


@dataclass(frozen=True)
class Facts:
    """The facts as they may be shown on one day: `today` decides what is too old."""

    everything: Mapping[str, Any]
    today: date

    def notice_type(self, name: str) -> Fact | None:
        """Return the notice type called `name` (id or older name), or None when unknown or hidden."""
        for fact in self.notice_types():
            if name == fact["id"] or name in fact.get("aliases", ()):
                return fact
        return None

    def notice_types(self) -> list[Fact]:
        """Return every notice type that may be shown today."""
        return [fact for fact in self.everything["notice_types"] if self._shown(LAW, fact)]

    def letter(self, notice_type: str) -> Fact:
        """Return which fields the letter of `notice_type` has: mandatory, optional, by hand."""
        return next(fact for fact in self.letters() if fact["notice_type"] == notice_type)

    def letters(self) -> list[Fact]:
        """Return the structures of all letters that may be written today; a card is not a letter."""
        return [one for one in self.everything["letters"] if not one.get("card") and self._shown(LAW, one)]

    def field(self, name: str) -> Fact:
        """Return the dictionary entry of a field: its labels, type, choices and rule."""
        fact: Fact = self.everything["fields"][name]
        return fact

    def label(self, name: str, language: str) -> str:
        """Return what a field is called in `language` (English where it has no name there)."""
        entry = self.field(name)
        return str(entry[language] if self.has_label(name, language) else entry["en"])

    def has_label(self, name: str, language: str) -> bool:
        """Say whether a field has a name in `language`."""
        return bool(self.field(name).get(language, NO_NAME) != NO_NAME)

    def sentence(self, name: str, language: str) -> str:
        """Return one of the fixed sentences in `language`."""
        return str(self.everything["sentences"][name][language])

    def has_sentence(self, name: str, language: str) -> bool:
        """Say whether a fixed sentence has words in `language`."""
        return language in self.everything["sentences"][name]

    def phrase(self, section: str, name: str, language: str) -> str:
        """Return one of our own phrases ("words", "reasons", "must_not") in `language`, else in English."""
        entry = self.everything[section][name]
        return str(entry.get(language) or entry["en"])

    def value(self, field: str, choice: str, language: str) -> str:
        """Return what one choice of a field is called in `language`; in English, or as it is, where it has no name."""
        named = {**self.field(field).get("value_words", {}), **self.everything["values"].get(field, {})}
        tongue = language if language in named or (language == "ko" and _is_korean(choice)) else "en"
        return str(named.get(tongue, {}).get(choice, choice))

    def platforms(self) -> list[Fact]:
        """Return the platforms, each with only the channels that may be shown today."""
        return [
            {**fact, "channels": [c for c in fact["channels"] if self._shown(CONTACTS, c)]}
            for fact in self.everything["platforms"]
        ]

    def hotlines(self, country: str) -> list[Fact]:
        """Return the helplines of a country (ISO letters; GB and UK are the same), best first."""
        wanted = "UK" if country.upper() == "GB" else country.upper()
        return [f for f in self.everything["hotlines"] if f["country"] == wanted and self._shown(CONTACTS, f)]

    def deadlines(self, notice_type: str) -> list[str]:
        """Return what the law says about how fast the reader of this notice must act."""
        fact = self.notice_type(notice_type)
        return [str(text) for text in fact["deadlines"]] if fact else []

    def clock(self, notice_type: str) -> Fact | None:
        """Return how long the reader of this notice has (hours or days), and on what basis; None when unknown."""
        found = (fact for fact in self.everything["clocks"] if fact["notice_type"] == notice_type)
        return next((fact for fact in found if self._shown(LAW, fact)), None)

    def ladder(self, name: str) -> list[Fact]:
        """Return the steps of an escalation ladder that may be shown today, first step first."""
        return [fact for fact in self.everything["escalation"][name] if self._shown(LAW, fact)]

    def stale(self) -> list[StaleFact]:
        """Return the facts due for another look, oldest first; those past the limit are hidden already."""
        due = [one for one in self._dated() if one.days > self._days(one.kind, "verify_again_after_days")]
        return sorted(due, key=lambda one: (one.as_of, one.kind, one.name))

    def ages(self) -> list[StaleFact]:
        """Return every dated fact with its age, whether due for another look or not."""
        return list(self._dated())

    def _dated(self) -> Iterator[StaleFact]:
        for section, kind in (
            ("notice_types", LAW),
            ("letters", LAW),
            ("clocks", LAW),
            ("hotlines", CONTACTS),
        ):
            for fact in self.everything[section]:
                yield self._age(kind, section, fact)
        for platform in self.everything["platforms"]:
            for channel in platform["channels"]:
                yield self._age(CONTACTS, f"platforms/{platform['id']}", channel)

    def _age(self, kind: str, section: str, fact: Fact) -> StaleFact:
        name = fact.get("id") or fact.get("reach") or fact.get("value") or fact.get("notice_type")
        source = fact.get("source") or ", ".join(fact.get("sources", ()))
        days = (self.today - fact["as_of"]).days
        hidden = not self._shown(kind, fact)
        return StaleFact(kind, f"{section}: {name}", fact["as_of"], days, hidden, str(source))

    def _shown(self, kind: str, fact: Fact) -> bool:
        """A guess (L) is never shown; an undated fact neither: we could not say until when it held."""
        if fact.get("certainty") == "L" or "as_of" not in fact:
            return False
        return bool((self.today - fact["as_of"]).days <= self._days(kind, "hidden_after_days"))

    def _days(self, kind: str, limit: str) -> int:
        return int(self.everything["meta"]["freshness"][kind][limit])


def _is_korean(choice: str) -> bool:
    return any("가" <= sign <= "힣" for sign in choice)


@lru_cache(maxsize=1)
def _read() -> Mapping[str, Any]:
    """The facts, with our own words added: a sentence that both files know has the languages of both."""
    known, own = _yaml("facts.yaml"), _yaml("words.yaml")
    sentences: dict[str, dict[str, Any]] = {name: dict(words) for name, words in known["sentences"].items()}
    for name, words in own["sentences"].items():
        sentences[name] = {**sentences.get(name, {}), **words}
    return {**known, **own, "sentences": sentences}


def _yaml(name: str) -> Mapping[str, Any]:
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    text = (files("alerts.notices") / name).read_text(encoding="utf-8")
    content: Mapping[str, Any] = yaml.load(text, Loader=loader)  # noqa: S506 - both loaders are the safe one
    return content


def facts(today: date) -> Facts:
    """Return the project's facts as they may be shown on `today`."""
    return Facts(_read(), today)
