"""Is this file what the house exported? Every changed byte is named; then the chain in it is gone through again."""

import base64
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from alerts.evidence.exporting import FORMAT, SEAL_MARK, seal_text
from alerts.evidence.sealing import Change, changes, key_problem, stamp_of, stamped
from registry.chain import commitment_of, digest_of, link_of
from registry.evidence_keys import holds


@dataclass(frozen=True)
class Report:
    """What a check found. The file is whole and vouched for when `changes` and `problems` are both empty.

    `stamps` are (response, message) pairs of the time stamps in it, for whoever checks them against an authority.
    """

    changes: tuple[Change, ...] = ()
    problems: tuple[str, ...] = ()
    records: int = 0
    key: str = ""
    stamps: tuple[tuple[bytes, bytes], ...] = field(default=(), repr=False)

    @property
    def holds(self) -> bool:
        """Say whether nothing speaks against the file."""
        return not self.changes and not self.problems


def verify(untrusted: bytes, trusted: Sequence[str], seal_file: bytes | None = None) -> Report:
    """Check a JSON export, or any file with its seal in `seal_file`. `trusted` are ids of keys the reader trusts."""
    content, mark, rest = (untrusted, b"", b"") if seal_file is not None else untrusted.rpartition(SEAL_MARK)
    if seal_file is None and not mark:
        return _broken(len(untrusted), 0, "the seal: there is none, or its beginning was changed")
    try:
        return _checked(content, rest if seal_file is None else seal_file, trusted, inside=seal_file is None)
    except (ValueError, KeyError, TypeError, AttributeError, IndexError) as error:
        return _broken(len(content), len(rest), f"the seal: it cannot be read ({type(error).__name__})")


def _checked(content: bytes, written: bytes, trusted: Sequence[str], *, inside: bool) -> Report:
    text = written.removesuffix(b"\n}\n") if inside else written
    start = len(content) + len(SEAL_MARK) if inside else 0
    if inside and text == written:
        return _broken(start + len(written), 0, "the end of the file")
    try:
        seal = json.loads(text)
    except json.JSONDecodeError as error:
        return _broken(start + error.pos, 1, "the seal: a byte near here was changed")
    kind = str(seal["kind"])
    found = [*_rewritten(text, seal, start), *changes(content, seal, kind)]
    if found:
        return Report(tuple(found), key=str(seal["key"]))
    problem = key_problem(seal, trusted)
    problems = [problem] if problem else []
    stamp = stamp_of(seal)
    stamps = [(stamp, stamped(seal))] if stamp is not None else []
    if not inside:
        return Report((), tuple(problems), 0, str(seal["key"]), tuple(stamps))
    body = json.loads(content + b"\n}")
    problems += _body_problems(body, seal)
    chain = body["chain"]
    if chain is not None:
        stamps.append((base64.b64decode(chain["time_stamp"]), _end_of(body)))
    return Report((), tuple(problems), len(body["records"]), str(seal["key"]), tuple(stamps))


def _rewritten(text: bytes, seal: Mapping[str, Any], start: int) -> Iterator[Change]:
    """Name the first byte of a seal that is not written as seals are (a space more, another order)."""
    wanted = seal_text(seal)
    if text != wanted:
        at = next(
            (n for n, (a, b) in enumerate(zip(text, wanted, strict=False)) if a != b), min(len(text), len(wanted))
        )
        yield Change(start + at, 1, "the seal: it is not written as it was")


def _body_problems(body: Mapping[str, Any], seal: Mapping[str, Any]) -> Iterator[str]:
    """Go through the records again: they must say what they commit to, follow each other, and be signed."""
    if body["format"] != FORMAT:
        yield f"this is no {FORMAT}"
        return
    keys = {each["id"]: bytes.fromhex(each["public"]) for each in seal["keys"]}
    follows = ""
    for number, record in enumerate(body["records"], 1):
        name = f"record {number}"
        commitment = bytes.fromhex(record["commitment"])
        if commitment_of(_digests(record)) != commitment:
            yield f"{name} does not say what it commits to"
        link = link_of(bytes.fromhex(record["previous_link"]), record["recorded_at"], commitment)
        if link.hex() != record["link"]:
            yield f"{name} does not follow the link before it"
        if not holds(keys.get(record["key"], b""), bytes.fromhex(record["signature"]), link):
            yield f"{name} is not signed by a key of the house"
        fields = record["fields"]
        if (fields["number"]["value"], fields["follows"]["value"]) != (number, follows):
            yield f"a record before {name} is missing"
        if fields["exposure"]["value"] != body["exposure"]:
            yield f"{name} is about something else"
        follows = record["commitment"]


def _digests(record: Mapping[str, Any]) -> dict[str, bytes]:
    return {
        name: bytes.fromhex(each["withheld"])
        if "withheld" in each
        else digest_of(name, bytes.fromhex(each["salt"]), each["value"])
        for name, each in record["fields"].items()
    }


def _end_of(body: Mapping[str, Any]) -> bytes:
    """Return the link that the chain's time stamp is over, by going on from the last record."""
    link = bytes.fromhex(body["records"][-1]["link"])
    for each in body["chain"]["links"]:
        link = link_of(link, each["at"], bytes.fromhex(each["commitment"]))
    return link


def _broken(offset: int, length: int, what: str) -> Report:
    return Report((Change(offset, length, what),))
