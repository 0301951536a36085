"""The portal's words: one plain TOML file per language in `words/`, every key in every file."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

DEFAULT = "en"


@dataclass(frozen=True)
class Words:
    """The words of one language, by dotted key."""

    language: str
    texts: Mapping[str, str]

    def __call__(self, key: str, **values: object) -> str:
        """Return the text of `key` with its values filled in; an unknown key or a missing value is an error."""
        return self.texts[key].format(**values)

    def count(self, key: str, n: int, **values: object) -> str:
        """Return the text of `key.one` or `key.many`, whichever suits `n`."""
        return self(f"{key}.one" if n == 1 else f"{key}.many", n=n, **values)

    def has(self, key: str) -> bool:
        """Say whether there is a text of that key, for names that come from other parts of the house."""
        return key in self.texts


@cache
def languages() -> Mapping[str, Words]:
    """Return the words of every language there is a file for, by language code."""
    folder = files("portal.web") / "words"
    found = (file for file in folder.iterdir() if file.name.endswith(".toml"))
    read = {file.name.removesuffix(".toml"): file.read_text(encoding="utf-8") for file in found}
    return {code: Words(code, dict(_flat(tomllib.loads(text)))) for code, text in sorted(read.items())}


def _flat(table: Mapping[str, Any], prefix: str = "") -> list[tuple[str, str]]:
    pairs: list[tuple[str, str]] = []
    for key, value in table.items():
        if isinstance(value, Mapping):
            pairs.extend(_flat(value, f"{prefix}{key}."))
        else:
            pairs.append((prefix + key, str(value)))
    return pairs


def choose(chosen: str | None, of_person: str | None, untrusted_accept: str) -> str:
    """Return the language to speak: what was chosen here, else the person's own, else the browser's."""
    known = languages()
    for code in (chosen, of_person, *_accepted(untrusted_accept)):
        if code in known:
            return str(code)
    return DEFAULT


def _accepted(untrusted_accept: str) -> list[str]:
    """Return the language codes of an Accept-Language header, best first."""
    weighted: list[tuple[float, str]] = []
    for part in untrusted_accept.split(",")[:20]:
        tag, _, quality = part.partition(";")
        weighted.append((_weight(quality), tag.strip().lower().partition("-")[0]))
    return [code for weight, code in sorted(weighted, key=lambda pair: -pair[0]) if weight > 0]


def _weight(untrusted_quality: str) -> float:
    _, _, number = untrusted_quality.partition("q=")
    try:
        return float(number) if number else 1.0
    except ValueError:
        return 0.0
