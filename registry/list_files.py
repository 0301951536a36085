"""Files of hash lists: ThreatExchange's and HMA's, as CSV or JSON, read row by row; each row that is no good is named.

Understood are ThreatExchange indicators and descriptors (`indicator` or `raw_indicator`, `type`, `status`, `tags`,
`should_delete`), alone, one to a line, or in `data` as the API answers; HMA's bank contents (`signals.pdq`) and signals
(`signal_type`, `signal_value`); and CSV with a header of such names, or ThreatExchange's rows without one. Other kinds
of hashes are counted and left out. A record is withdrawn where it says so, or where its exchange calls it harmless.
"""

import csv
import io
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TextIO

from matchers.fingerprint import LOWEST_QUALITY
from matchers.hashes import ImageHash, pdq
from registry.list_json import objects
from registry.lists import Entry, Record

FORMATS = ("te-csv", "te-json", "hma-json")
COLUMNS = {
    "hash": ("indicator", "raw_indicator", "signal_value", "signal_str", "pdq", "hash", "value"),
    "kind": ("type", "indicator_type", "signal_type", "hash_type", "algorithm"),
    "id": ("id", "external_id", "content_id", "bank_content_id", "indicator_id"),
    "quality": ("quality", "pdq_quality"),
    "tags": ("tags",),
    "status": ("status",),
    "withdrawn": ("should_delete", "withdrawn", "deleted", "disabled"),
}
BARE_ROW = ("id", "indicator", "type", "creation_time", "last_updated", "status", "tags", "applications_with_opinions")
PDQ_NAMES = {"hash_pdq", "pdq", "image_pdq", "pdq_hash", ""}
HARMLESS = {"NON_MALICIOUS", "NONMALICIOUS"}
YES, NO = {"true", "1", "yes", "t"}, {"false", "0", "no", "f", "", "none", "null"}
LOOK = 4096
LONGEST_ID, LONGEST_TAG = 200, 100
DIGITS = pdq.BITS // 4


@dataclass(frozen=True)
class BadRow:
    """A row that is no good: the line where it begins (or, in an API's list, its number), and what to mend."""

    line: int
    why: str


@dataclass(frozen=True)
class OtherKind:
    """A row with another kind of hash, which nothing here compares."""

    line: int


Row = Record | BadRow | OtherKind
NO_RECORD = BadRow(0, "this is no record")


def read(stream: TextIO) -> Iterator[tuple[int, Row]]:
    """Yield each row with its line; the format is told by how the file begins. Only a piece is in memory at a time."""
    start = stream.read(LOOK)
    stream.seek(0)
    yield from _json_rows(stream) if start.lstrip("\ufeff \t\r\n")[:1] in ("{", "[") else _csv_rows(stream)


def record_of(found: Mapping[str, Any], line: int) -> Row:
    """Return what one object or row says; names of columns are those of ThreatExchange or HMA."""
    signals = found.get("signals")
    if isinstance(signals, Mapping):
        found = {**found, "pdq": signals.get("pdq"), "type": "pdq" if "pdq" in signals else "other"}
    if isinstance(found.get("indicator"), Mapping):
        found = {**found["indicator"], **{name: value for name, value in found.items() if name != "indicator"}}
    said = {
        what: next((found[name] for name in names if found.get(name) is not None), None)
        for what, names in COLUMNS.items()
    }
    if str(said["kind"] or "").strip().lower() not in PDQ_NAMES:
        return OtherKind(line)
    try:
        record = Record(
            hash=_hash(said["hash"]),
            quality=_quality(said["quality"]),
            external=_external(said["id"]),
            tags=_tags(said["tags"]),
            withdrawn=_yes(said["withdrawn"]) or str(said["status"] or "").strip().upper() in HARMLESS,
        )
    except ValueError as error:
        return BadRow(line, str(error))
    if record.hash is None and not (record.withdrawn and record.external):
        return BadRow(line, "there is no hash, and it is no withdrawn record with an id")
    return record


def _first(found: Mapping[str, Any], names: Iterable[str]) -> Any:
    return next((found[name] for name in names if found.get(name) is not None), None)


def write(entries: Iterable[Entry], kind: str) -> Iterator[str]:
    """Yield the lines of a file: open entries with their hash, withdrawn ones as deletions where they have an id."""
    if kind == "te-csv":
        yield _csv_line(("id", "indicator", "type", "status", "tags", "quality", "should_delete"))
        for each in entries:
            if told := _told(each):
                yield _csv_line((*told, each.quality if each.hash else "", "false" if each.hash else "true"))
        return
    for each in entries:
        if _told(each):
            yield json.dumps(_hma(each) if kind == "hma-json" else _threat(each), ensure_ascii=False)


def _told(entry: Entry) -> tuple[str, str, str, str, str] | None:
    if entry.hash is None and entry.external is None:
        return None  # nobody could know what it was: it is left out
    status = "MALICIOUS" if entry.hash else "NON_MALICIOUS"
    return (
        entry.external or str(entry.id),
        entry.hash.hex if entry.hash else "",
        "HASH_PDQ",
        status,
        " ".join(entry.tags),
    )


def _threat(entry: Entry) -> dict[str, Any]:
    return {
        "id": entry.external or str(entry.id),
        **({"indicator": entry.hash.hex} if entry.hash else {}),
        "type": "HASH_PDQ",
        "status": "MALICIOUS" if entry.hash else "NON_MALICIOUS",
        "tags": list(entry.tags),
        "quality": entry.quality,
        "last_updated": int((entry.withdrawn_at or entry.imported_at).timestamp()),
        "should_delete": entry.hash is None,
    }


def _hma(entry: Entry) -> dict[str, Any]:
    signals = {"signals": {"pdq": entry.hash.hex}} if entry.hash else {"disabled": True}
    return {"id": entry.external or str(entry.id), **signals, "tags": list(entry.tags)}


def _csv_line(cells: Iterable[object]) -> str:
    out = io.StringIO()
    csv.writer(out, lineterminator="").writerow(cells)
    return out.getvalue()


def _csv_rows(lines: Iterable[str]) -> Iterator[tuple[int, Row]]:
    reader = csv.reader(lines)
    names: list[str] | None = None
    known = {name for some in COLUMNS.values() for name in some}
    while True:
        line = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield line, BadRow(line, f"this is not CSV: {error}")
            continue
        if not any(cell.strip() for cell in cells):
            continue
        if names is None:
            header = [cell.strip("\ufeff \t").lower() for cell in cells]
            if known & set(header):
                names = header
                continue
            if len(cells) < 3 or cells[2].strip().upper() != "HASH_PDQ":
                yield line, BadRow(line, "the first line names no column known here, such as indicator, type, tags")
                return
            names = list(BARE_ROW)
        if len(cells) > len(names):
            yield line, BadRow(line, f"there are {len(cells)} cells for {len(names)} columns")
            continue
        filled = {name: cell for name, cell in zip(names, cells, strict=False) if cell.strip()}
        yield line, record_of(filled, line)


def _json_rows(stream: TextIO) -> Iterator[tuple[int, Row]]:
    """Yield the objects of a JSON file: one to a line, in a list, or in `data`, however the lines are broken."""
    for line, found in objects(stream):
        if not isinstance(found, dict):
            yield line, BadRow(line, found)
        elif isinstance(found.get("data"), list):
            yield from (
                (line, record_of(each, line) if isinstance(each, dict) else NO_RECORD) for each in found["data"]
            )
        else:
            yield line, record_of(found, line)


def _hash(said: object) -> ImageHash | None:
    text = "" if said is None else str(said).strip().lower()
    if not text:
        return None
    if len(text) != DIGITS or not all(sign in "0123456789abcdef" for sign in text):
        raise ValueError(f"a PDQ hash has {DIGITS} hexadecimal digits, this has {len(text)} characters")
    return ImageHash.from_hex(pdq.ALGORITHM, pdq.VERSION, text)


def _quality(said: object) -> int:
    if said is None or str(said).strip() == "":
        return 100
    try:
        quality = int(str(said))
    except ValueError as error:
        raise ValueError("the quality is a number from 0 to 100") from error
    if not 0 <= quality <= 100:
        raise ValueError("the quality is a number from 0 to 100")
    if quality < LOWEST_QUALITY:
        raise ValueError(f"the quality is below {LOWEST_QUALITY}: such a hash is like everything that is flat")
    return quality


def _external(said: object) -> str | None:
    text = "" if said is None else str(said).strip()
    if len(text) > LONGEST_ID or not text.isprintable():
        raise ValueError(f"an id has at most {LONGEST_ID} printable characters")
    return text or None


def _tags(said: object) -> tuple[str, ...]:
    some = said if isinstance(said, list) else str(said or "").split()
    return tuple(str(tag)[:LONGEST_TAG] for tag in some if str(tag).isprintable())


def _yes(said: object) -> bool:
    word = str(said).strip().lower() if said is not None else ""
    if word in YES:
        return True
    if word in NO:
        return False
    raise ValueError("whether it is withdrawn is said by true or false")
