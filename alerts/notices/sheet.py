"""The sheet of a letter: title, parts, labelled lines. Text, PDF and page are drawn from this one shape."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Line:
    """One entry: `label` says what it is, none for a sentence; `texts` are its lines, each one harmless line."""

    label: str | None
    texts: tuple[str, ...]

    def lines(self) -> list[str]:
        """Return the entry as plain lines: beside its label when it is short, below it when there are several."""
        if self.label is None:
            return list(self.texts)
        if len(self.texts) == 1 and "://" not in self.texts[0][:8] and not self.texts[0].startswith("- "):
            return [f"{self.label}: {self.texts[0]}"]
        return [f"{self.label}:", *self.texts]


@dataclass(frozen=True)
class Part:
    """A group of entries under one heading; the head and the signature have none."""

    heading: str | None
    lines: tuple[Line, ...]


@dataclass(frozen=True)
class Sheet:
    """One whole letter in one language."""

    language: str
    title: str
    note: str | None
    parts: tuple[Part, ...]

    def text(self) -> str:
        """Return the letter as plain text; parts with a heading are numbered."""
        return "\n".join(_lines(self)).strip() + "\n"

    def as_json(self) -> dict[str, Any]:
        """Return this sheet as plain JSON values."""
        parts = [
            {
                "heading": part.heading,
                "lines": [{"label": line.label, "texts": list(line.texts)} for line in part.lines],
            }
            for part in self.parts
        ]
        return {"language": self.language, "title": self.title, "note": self.note, "parts": parts}


def from_json(kept: Mapping[str, Any]) -> Sheet:
    """Return the sheet that `as_json` gave."""
    parts = tuple(
        Part(part["heading"], tuple(Line(line["label"], tuple(line["texts"])) for line in part["lines"]))
        for part in kept["parts"]
    )
    return Sheet(kept["language"], kept["title"], kept["note"], parts)


def _lines(sheet: Sheet) -> Iterator[str]:
    yield sheet.title
    if sheet.note:
        yield f"({sheet.note})"
    number = 0
    for part in sheet.parts:
        yield ""
        if part.heading:
            number += 1
            yield f"{number}. {part.heading}"
        for line in part.lines:
            yield from line.lines()
