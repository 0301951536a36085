"""One decision: what was weighed for a picture and an enrolment, and whether that is a likeness; live, and in a replay.

What is weighed is plain numbers, so a decision can be kept and made once more under other limits.
"""

import functools
import hashlib
import json
from dataclasses import asdict, dataclass, fields
from typing import TYPE_CHECKING, Any, Literal, Self

if TYPE_CHECKING:
    from matchers.regions.evidence import Evidence
    from matchers.regions.judging import Limits

RADIUS = 72
"""Bits of PDQ (of 256) up to which whole pictures are looked at: no limit below can let in more."""
MARGIN_BITS = 40.0
"""Evidence in bits from which agreeing patches are worth keeping though they were too few: least_bits is 100."""

Agreement = Literal["agree", "differ", "unknown"]
"""What region hashes say of two pictures that are alike as a whole."""
Likeness = Literal["whole", "part"]


@dataclass(frozen=True)
class WholeLimits:
    """Bits of PDQ (of 256) and of phash (of 64) that may differ between whole pictures.

    `certain`: on PDQ's own word, the radius its makers publish. `near` with `witness_near`, `far` with
    `witness_far`: the further one is, the nearer the other must be. Where no patches can be asked, `alone` takes the
    place of `near`, and `near` that of `far`: of 5 million strangers one came within 72 and 14 bits. `alone` is also
    for fingerprints without phash. `plain`, `witness_plain`: between graphics, which come near by their layout.
    """

    certain: int = 31
    near: int = 64
    witness_near: int = 20
    far: int = RADIUS
    witness_far: int = 14
    alone: int = 56
    plain: int = 20
    witness_plain: int = 8


WHOLE = WholeLimits()


@dataclass(frozen=True)
class Whole:
    """Two whole pictures: the nearest orientation (as in pdq.ORIENTATIONS) and the bits by which they differ.

    `second` is phash's, None where one has no witness. `patched`: both have region hashes that could be asked.
    `plain`: one of them is a graphic, or nearly empty.
    """

    orientation: int
    distance: int
    second: int | None
    patched: bool
    plain: bool


@dataclass(frozen=True)
class Weighed:
    """All that a decision is made from: the whole pictures where they are within RADIUS, and the agreeing patches."""

    whole: Whole | None
    parts: "Evidence | None"

    def likeness(self, whole: WholeLimits = WHOLE, parts: "Limits | None" = None) -> Likeness | None:
        """Return how the picture is like the enrolment under these limits (None: the shipped ones), or None."""
        if self.whole is not None and alike(
            self.whole.distance, self.whole.second, self._agreement(parts), plain=self.whole.plain, limits=whole
        ):
            return "whole"
        if self.parts is None:
            return None
        from matchers.regions.judging import SHIPPED, is_a_part

        return "part" if is_a_part(self.parts, parts or SHIPPED) else None

    def _agreement(self, parts: "Limits | None") -> Agreement:
        """Return what the patches say; "unknown" where one of the pictures has none to ask."""
        if self.whole is None or not self.whole.patched:
            return "unknown"
        from matchers.regions.judging import SHIPPED

        least = (parts or SHIPPED).support_bits
        return "agree" if self.parts is not None and self.parts.bits >= least else "differ"

    @property
    def nearness(self) -> float:
        """Return a number to order near misses by, in bits of evidence: two for each bit of PDQ within the radius."""
        by_whole = 2.0 * (RADIUS - self.whole.distance) if self.whole else 0.0
        return max(by_whole, self.parts.bits if self.parts else 0.0)

    @property
    def is_near(self) -> bool:
        """Say whether this is worth keeping though it is no likeness."""
        return self.whole is not None or (self.parts is not None and self.parts.bits >= MARGIN_BITS)

    def to_json(self) -> dict[str, Any]:
        """Return plain numbers."""
        return {
            "whole": asdict(self.whole) if self.whole else None,
            "parts": {name: float(value) for name, value in asdict(self.parts).items()} if self.parts else None,
        }

    @classmethod
    def from_json(cls, stored: dict[str, Any]) -> Self:
        """Return what `to_json` wrote; ValueError where other rules weighed other things."""
        from matchers.regions.evidence import Evidence

        whole, parts = stored["whole"], stored["parts"]
        for record, kind in ((whole, Whole), (parts, Evidence)):
            if record is not None and set(record) != {each.name for each in fields(kind)}:
                raise ValueError("this decision was weighed by other rules")
        if parts is not None:
            parts = Evidence(**{**parts, "patches": int(parts["patches"])})
        return cls(Whole(**whole) if whole else None, parts)


def alike(
    distance: int,
    second: int | None,
    patches: Agreement = "unknown",
    *,
    plain: bool = False,
    limits: WholeLimits = WHOLE,
) -> bool:
    """Say whether so many bits of PDQ and of the second hash (None: there is none) are few enough."""
    if plain:
        return distance <= limits.plain and (second is None or second <= limits.witness_plain)
    if distance > limits.certain and patches == "differ":
        return False
    if second is None:
        return distance <= (limits.far if patches == "agree" else limits.alone)
    near, far = (limits.near, limits.far) if patches == "agree" else (limits.alone, limits.near)
    return (distance <= near and second <= limits.witness_near) or (distance <= far and second <= limits.witness_far)


@functools.cache
def version_of(whole: WholeLimits = WHOLE, parts: "Limits | None" = None) -> str:
    """Return 12 letters that change with any of the limits."""
    from matchers.regions.judging import SHIPPED

    told = json.dumps([asdict(whole), asdict(parts or SHIPPED)], sort_keys=True)
    return hashlib.sha256(told.encode()).hexdigest()[:12]
