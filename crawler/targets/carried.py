"""Targets as a TOML file: to review them in a text editor, keep them in version control, carry them elsewhere."""

import json
import re
import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from crawler.errors import BadTarget
from crawler.targets.model import CrawlTarget

HEADER = re.compile(r"^\s*\[\[\s*(?:target|\"target\")\s*\]\]")
QUOTED = re.compile(r"'([^']+)'")


def read_toml(path: Path) -> list[CrawlTarget]:
    """Return the targets of a file with one [[target]] table each; raise BadTarget with the file and the line."""
    return [target for target, _ in read_placed(path)]


def read_placed(path: Path) -> list[tuple[CrawlTarget, str]]:
    """Return the targets with where each begins, such as "targets.toml, line 12"; raise BadTarget as read_toml."""
    text = _text(path)
    try:
        untrusted = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        where = str(error).replace("at end of document", f"noticed at the end, line {len(text.splitlines())}")
        raise BadTarget(f"{path} is not a TOML file: {where}. Correct that place and import it again.") from error
    tables = untrusted.get("target")
    if not isinstance(tables, list) or not all(isinstance(table, dict) for table in tables):
        raise BadTarget(f"{path} holds no [[target]] tables; `watchlight target export` writes an example.")
    stray = sorted(set(untrusted) - {"target"})
    if stray:
        raise BadTarget(
            f"{path}: {stray[0]!r} is outside a [[target]] table; put it below the [[target]] it belongs to."
        )
    places = _Places(path, text, len(tables))
    return [(_placed(table, number, places), places.of(number)) for number, table in enumerate(tables)]


def _placed(table: dict[str, Any], number: int, places: "_Places") -> CrawlTarget:
    try:
        return CrawlTarget.from_dict(table)
    except BadTarget as error:
        raise BadTarget(f"{places.of(number, str(error), table)}: {error}") from error
    except TypeError as error:
        missing = next((name for name in ("name", "urls") if name not in table), "name")
        raise BadTarget(f"{places.of(number)}: this target has no {missing}; add a line `{missing} = ...`.") from error


def _text(path: Path) -> str:
    try:
        data = path.read_bytes()
    except OSError as error:
        raise BadTarget(f"Cannot read {path}: {error.strerror}.") from error
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise BadTarget(
            f"{path}, line {line}: this is not UTF-8; save the file as UTF-8 and import it again."
        ) from error


class _Places:
    """Where the tables of a file and their fields stand: the TOML reader itself forgets lines."""

    def __init__(self, path: Path, text: str, tables: int) -> None:
        self.path, self.lines = path, text.splitlines()
        self.starts = [number for number, line in enumerate(self.lines) if HEADER.match(line)]
        # A header inside a long text would be counted, too; then the number of the table has to do.
        self.known = len(self.starts) == tables

    def of(self, number: int, complaint: str = "", table: Mapping[str, Any] | None = None) -> str:
        """Return the place of table `number` (from 0), or of the field or value that a complaint names."""
        if not self.known:
            return f"{self.path}, target {number + 1}"
        start = self.starts[number]
        end = self.starts[number + 1] if number + 1 < len(self.starts) else len(self.lines)
        about = complaint.partition(": ")[2] or complaint
        fields = [name for name in table or () if re.search(rf"(?<!\w){re.escape(name)}(?!\w)", about)]
        quoted = [value.removeprefix("https://") for value in QUOTED.findall(about)]
        wanted = [re.compile(rf"(?:^\s*|[\"'/]){re.escape(value)}(?:[\"']|\s*=)") for value in quoted]
        wanted += [re.compile(rf"^\s*[\"']?{re.escape(name)}[\"']?\s*[=.]") for name in fields]
        for pattern in wanted:
            for line in range(start, end):
                if pattern.search(self.lines[line]):
                    return f"{self.path}, line {line + 1}"
        return f"{self.path}, line {start + 1}"


def write_toml(path: Path, targets: Iterable[CrawlTarget]) -> None:
    """Write targets so that read_toml gives the same ones back."""
    path.write_text(to_toml(targets), encoding="utf-8")


def to_toml(targets: Iterable[CrawlTarget]) -> str:
    """Return the targets as TOML, fields that have their usual value left out."""
    usual = CrawlTarget(name="usual", urls=("https://example.com/",)).to_dict()
    tables = []
    for target in targets:
        fields = target.to_dict()
        lines = [
            f"{name} = {_value(value)}"
            for name, value in fields.items()
            if name in ("name", "urls", "kind") or value != usual[name]
        ]
        tables.append("\n".join(["[[target]]", *lines]))
    return "\n\n".join(tables) + "\n"


def _value(value: Any) -> str:
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{_value(key)} = {_value(item)}" for key, item in value.items()) + " }"
    if isinstance(value, list):
        return "[" + ", ".join(_value(item) for item in value) + "]"
    if isinstance(value, str):
        # A TOML basic string escapes like JSON does, and also wants U+007F escaped.
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007F")
    return json.dumps(value)
