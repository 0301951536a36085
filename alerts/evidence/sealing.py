"""The seal of a file: digests of its parts, signed, so that any changed byte is found and named.

A part is a line of a JSON export, or 256 bytes of a PDF. A single changed, lost or added byte is found by trying:
a part has few bytes, and only one of the tries has the digest that was signed.
"""

import base64
import difflib
import hashlib
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from registry.chain import canonical
from registry.evidence_keys import endorsed, holds, key_id

BLOCK = 256
SIGNED = b"watchlight evidence seal 1\0"
DIGEST_SIGNS = 32
TRIED = 4_096  # bytes; in longer parts the place is not searched for


@dataclass(frozen=True)
class Change:
    """Where a file differs from what was sealed: offset of the first byte, how many, and what it is, in words."""

    offset: int
    length: int
    what: str


def parts_of(body: bytes, kind: str) -> list[bytes]:
    """Return a file in its parts: "lines" or "blocks"."""
    if kind == "lines":
        return [part for part in re.split(rb"(?<=\n)", body) if part]
    return [body[start : start + BLOCK] for start in range(0, len(body), BLOCK)]


def digests(body: bytes, kind: str) -> list[str]:
    """Return the digest of every part: the first 128 bits of its SHA-256, in hex."""
    return [_digest(part) for part in parts_of(body, kind)]


def message(seal: Mapping[str, Any]) -> bytes:
    """Return what is signed: everything in the seal but the signature."""
    return SIGNED + canonical({name: value for name, value in seal.items() if name != "signature"})


def stamped(seal: Mapping[str, Any]) -> bytes:
    """Return what a time stamp is over: everything in the seal but the signature and the stamp itself."""
    return SIGNED + canonical({name: value for name, value in seal.items() if name not in ("signature", "time_stamp")})


def key_problem(seal: Mapping[str, Any], trusted: Sequence[str]) -> str | None:
    """Return why nobody we trust vouches for the seal's key, or None when somebody does.

    `trusted` are key ids; a later key counts when the keys before it endorse it one by one.
    """
    keys = [(str(each["id"]), bytes.fromhex(each["public"]), each["endorsement"]) for each in seal["keys"]]
    vouched: set[str] = set()
    before: bytes | None = None
    for name, public, endorsement in keys:
        if key_id(public) != name:
            return f"key {name} is not the key it says it is"
        passed_on = before is not None and key_id(before) in vouched and endorsement is not None
        if name in trusted or (passed_on and endorsed(public, bytes.fromhex(endorsement), before or b"")):
            vouched.add(name)
        before = public
    return None if seal["key"] in vouched else f"nobody we know vouches for key {seal['key']}"


def signed_by_its_key(seal: Mapping[str, Any]) -> bool:
    """Say whether the signature is that of the key which the seal names."""
    public = next((each["public"] for each in seal["keys"] if each["id"] == seal["key"]), None)
    return public is not None and holds(bytes.fromhex(public), bytes.fromhex(seal["signature"]), message(seal))


def changes(body: bytes, seal: Mapping[str, Any], kind: str) -> list[Change]:
    """Return where the body, or the seal's list of digests, differs from what was sealed; nothing when it is whole."""
    found, listed = digests(body, kind), [str(each) for each in seal["parts"]]
    signed = signed_by_its_key(seal)
    if found == listed:
        return [] if signed else [Change(len(body), 0, "the seal: its signature, key or time stamp was changed")]
    if not signed:
        mended = {**seal, "parts": found}
        if signed_by_its_key(mended):
            wrong = [number for number, (a, b) in enumerate(zip(found, listed, strict=False), 1) if a != b]
            return [Change(len(body), 0, f"the seal: its list of digests was changed at entry {wrong[:5]}")]
    return list(_body_changes(body, listed, kind, believed=signed))


def _body_changes(body: bytes, listed: Sequence[str], kind: str, *, believed: bool) -> Iterator[Change]:
    parts = parts_of(body, kind)
    offsets = [0]
    for part in parts:
        offsets.append(offsets[-1] + len(part))
    matcher = difflib.SequenceMatcher(None, [_digest(part) for part in parts], listed, autojunk=False)
    doubt = "" if believed else " (the seal was changed too)"
    for tag, first, last, was_first, was_last in matcher.get_opcodes():
        if tag == "equal":
            continue
        name = _name(kind, first)
        if tag == "insert":
            yield Change(offsets[first], 0, f"before {name}: {was_last - was_first} part(s) were taken out{doubt}")
        elif tag == "delete":
            yield Change(offsets[first], offsets[last] - offsets[first], f"{name}: was put in{doubt}")
        elif last - first == was_last - was_first:
            for number in range(first, last):
                place = _place(parts[number], listed[was_first + number - first])
                yield _change(parts[number], offsets[number], place, _name(kind, number), doubt)
        else:
            part = b"".join(parts[first:last])
            place = _over_a_line_end(part, listed[was_first:was_last])
            name = name if place else f"from {name} on"
            yield _change(part, offsets[first], place, name, doubt)


def _change(part: bytes, offset: int, place: "tuple[int, str] | None", name: str, doubt: str) -> Change:
    if place is None:
        return Change(offset, len(part), f"{name}: was changed{doubt}")
    return Change(offset + place[0], 1, f"{name}: {place[1]}{doubt}")


def _place(part: bytes, wanted: str) -> tuple[int, str] | None:
    """Return where one byte makes the difference, and in which way."""
    if len(part) > TRIED:
        return None
    ways: tuple[Callable[[bytes, str], tuple[int, str] | None], ...] = (_put_in, _changed, _taken_out)
    return next((found for way in ways if (found := way(part, wanted)) is not None), None)


def _over_a_line_end(part: bytes, wanted: Sequence[str]) -> tuple[int, str] | None:
    """Return where one byte became a line end, or was one: two lines are then one, or one is two."""
    if len(wanted) == 1:
        return _place(part, wanted[0])
    for at in range(min(len(part), TRIED) if len(wanted) == 2 else 0):
        if _digest(part[:at] + b"\n") != wanted[0]:
            continue
        if _digest(part[at + 1 :]) == wanted[1]:
            return at, f"byte 0x{part[at]:02x} was 0x0a"
        if _digest(part[at:]) == wanted[1]:
            return at, "byte 0x0a was taken out"
    return None


def _changed(part: bytes, wanted: str) -> tuple[int, str] | None:
    for at in range(len(part)):
        start, end = hashlib.sha256(part[:at]), part[at + 1 :]
        for value in range(256):
            tried = start.copy()
            tried.update(bytes((value,)) + end)
            if tried.hexdigest()[:DIGEST_SIGNS] == wanted:
                return at, f"byte 0x{part[at]:02x} was 0x{value:02x}"
    return None


def _put_in(part: bytes, wanted: str) -> tuple[int, str] | None:
    for at in range(len(part)):
        if _digest(part[:at] + part[at + 1 :]) == wanted:
            return at, f"byte 0x{part[at]:02x} was put in"
    return None


def _taken_out(part: bytes, wanted: str) -> tuple[int, str] | None:
    for at in range(len(part) + 1):
        start, end = hashlib.sha256(part[:at]), part[at:]
        for value in range(256):
            tried = start.copy()
            tried.update(bytes((value,)) + end)
            if tried.hexdigest()[:DIGEST_SIGNS] == wanted:
                return at, f"byte 0x{value:02x} was taken out"
    return None


def _name(kind: str, number: int) -> str:
    return f"line {number + 1}" if kind == "lines" else f"block {number + 1}"


def _digest(part: bytes) -> str:
    return hashlib.sha256(part).hexdigest()[:DIGEST_SIGNS]


def stamp_of(seal: Mapping[str, Any]) -> bytes | None:
    """Return the time stamp of a seal (DER of an RFC 3161 response), None when there is none."""
    return base64.b64decode(seal["time_stamp"]) if seal.get("time_stamp") else None
