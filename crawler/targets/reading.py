"""Reading targets from a TOML file: in pieces, so that a long one shows how far it is, and each mistake by its line."""

import re
import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any

from crawler.errors import BadTarget, CrawlerError
from crawler.targets.model import CrawlTarget

HEADER = re.compile(r"^[ \t]*\[\[\s*(?:target|\"target\")\s*\]\]", re.MULTILINE)
QUOTED = re.compile(r"'([^']+)'")
PIECE = 500
"""Targets parsed at once."""
MOST_SAID = 50
"""Mistakes named; of more, only the number is said."""

Check = Callable[[CrawlTarget], None]
Told = Callable[[int, int], None]


class _Parted(Exception):
    """A piece does not hold as many tables as headers: one of them stands within a long text."""


def read_toml(path: Path) -> list[CrawlTarget]:
    """Return the targets of a file with one [[target]] table each; raise BadTarget with the file and the line."""
    return [target for target, _ in read_placed(path)]


def read_placed(path: Path, check: Check | None = None, told: Told | None = None) -> list[tuple[CrawlTarget, str]]:
    """Return the targets with where each begins, such as "targets.toml, line 12"; `told` hears how far that is.

    Raises BadTarget with a line for each mistake, those too for which `check` raises a CrawlerError.
    """
    text = _text(path)
    starts = [found.start() for found in HEADER.finditer(text)]
    try:
        return _read(_pieces(text, starts), _Places(path, text, starts), check, told)
    except (tomllib.TOMLDecodeError, _Parted):
        whole = _whole(path, text)
        known = starts if len(starts) == len(_tables(path, whole)) else []
        return _read([whole], _Places(path, text, known), check, told)


def _pieces(text: str, starts: list[int]) -> Iterator[dict[str, Any]]:
    """Yield the file parsed, some tables at a time."""
    cuts = [0, *starts[PIECE::PIECE], len(text)]
    for number, (start, end) in enumerate(pairwise(cuts)):
        piece = tomllib.loads(text[start:end])
        if starts and len(piece.get("target", ())) != len(starts[number * PIECE : (number + 1) * PIECE]):
            raise _Parted
        yield piece


def _whole(path: Path, text: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        where = str(error).replace("at end of document", f"noticed at the end, line {len(text.splitlines())}")
        raise BadTarget(f"{path} is not a TOML file: {where}. Correct that place and import it again.") from error


def _read(
    pieces: Iterable[dict[str, Any]], places: "_Places", check: Check | None, told: Told | None
) -> list[tuple[CrawlTarget, str]]:
    placed, wrong, names = list[tuple[CrawlTarget, str]](), list[str](), set[str]()
    for piece in pieces:
        for number, table in enumerate(_tables(places.path, piece), len(placed) + len(wrong)):
            try:
                target = _placed(table, number, places)
                _checked(target, names, check, places.of(number))
            except BadTarget as error:
                wrong.append(str(error))
            else:
                placed.append((target, places.of(number)))
        if told is not None:
            told(len(placed) + len(wrong), max(len(places.starts), len(placed) + len(wrong)))
    if wrong:
        more = [f"... and {len(wrong) - MOST_SAID:,} more."] if len(wrong) > MOST_SAID else []
        raise BadTarget("\n".join([*wrong[:MOST_SAID], *more]))
    return placed


def _tables(path: Path, untrusted: dict[str, Any]) -> list[dict[str, Any]]:
    tables = untrusted.get("target")
    if not isinstance(tables, list) or not all(isinstance(table, dict) for table in tables):
        raise BadTarget(f"{path} holds no [[target]] tables; `watchlight target export` writes an example.")
    stray = sorted(set(untrusted) - {"target"})
    if stray:
        raise BadTarget(
            f"{path}: {stray[0]!r} is outside a [[target]] table; put it below the [[target]] it belongs to."
        )
    return tables


def _checked(target: CrawlTarget, names: set[str], check: Check | None, place: str) -> None:
    if target.name in names:
        raise BadTarget(f"{place}: There are two targets called {target.name!r}; rename one.")
    names.add(target.name)
    try:
        if check is not None:
            check(target)
    except CrawlerError as error:
        raise BadTarget(f"{place}: {error}") from error


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

    def __init__(self, path: Path, text: str, starts: list[int]) -> None:
        """`starts`: where in the text each table begins; with none of them the number of a table has to do."""
        self.path, self.lines = path, text.split("\n")
        self.starts, line, before = list[int](), 0, 0
        for start in starts:
            line, before = line + text.count("\n", before, start), start
            self.starts.append(line)

    def of(self, number: int, complaint: str = "", table: Mapping[str, Any] | None = None) -> str:
        """Return the place of table `number` (from 0), or of the field or value that a complaint names."""
        if not self.starts:
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
