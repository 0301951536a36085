"""From meetings of patches to enrolled pictures that agree: grouped, sifted and weighed in one pass of machine code."""

import numpy as np
import numpy.typing as npt

from matchers.compiled import compiled, ones, with_room
from matchers.regions.agreement import ENOUGH_BITS, MOST_SEEDS, Caps, Pairs, agreement
from matchers.regions.kept import Floats, Hashes
from matchers.regions.tables import Meetings

Numbers = npt.NDArray[np.int64]


@compiled
def later(met: Meetings, one: int, other: int) -> bool:
    """Say whether meeting `one` belongs behind `other`."""
    return bool(met[one, 0] > met[other, 0] or (met[one, 0] == met[other, 0] and met[one, 1] > met[other, 1]))


@compiled
def grouped(met: Meetings, owner: npt.NDArray[np.uint32], owners: int) -> tuple[Numbers, Numbers]:
    """Counting sort of meetings by picture: where each picture's begin, and their order, by asked patch and row."""
    starts = np.zeros(owners + 1, np.int64)
    for at in range(len(met)):
        starts[owner[met[at, 1]] + 1] += 1
    for n in range(owners):
        starts[n + 1] += starts[n]
    place = starts[:-1].copy()
    order = np.empty(len(met), np.int64)
    for at in range(len(met)):
        n = owner[met[at, 1]]
        spot = place[n]
        place[n] += 1
        while spot > starts[n] and later(met, order[spot - 1], at):  # they come by asked patch, so this is short
            order[spot] = order[spot - 1]
            spot -= 1
        order[spot] = at
    return starts, order


@compiled
def frequent(met: Meetings, owner: npt.NDArray[np.uint32], asked: int, owners: int, most: int) -> npt.NDArray[np.bool_]:
    """Say which asked patches meet more than `most` pictures: what so many photos share tells none of them."""
    last = np.full(asked, -1, np.int64)
    count = np.zeros(asked, np.int64)
    starts, order = grouped(met, owner, owners)
    for n in range(owners):
        for at in range(starts[n], starts[n + 1]):
            patch = met[order[at], 0]
            if last[patch] != n:
                last[patch] = n
                count[patch] += 1
    return count > most


@compiled
def best_seeds(pairs: Pairs, worth: npt.NDArray[np.int32], count: int) -> int:
    """Move the `MOST_SEEDS` pairs of most worth to the front, stable; say how many there are."""
    if count <= MOST_SEEDS:
        return count
    chosen_pairs, chosen_worth = np.empty((MOST_SEEDS, 2), np.int32), np.empty(MOST_SEEDS, np.int32)
    kept = 0
    for value in range(ENOUGH_BITS, 0, -1):
        for k in range(count):
            if worth[k] == value and kept < MOST_SEEDS:
                chosen_pairs[kept, 0], chosen_pairs[kept, 1], chosen_worth[kept] = pairs[k, 0], pairs[k, 1], value
                kept += 1
    for k in range(kept):
        pairs[k, 0], pairs[k, 1], worth[k] = chosen_pairs[k, 0], chosen_pairs[k, 1], chosen_worth[k]
    return kept


@compiled
def seeds_of(
    some: Meetings,
    common: npt.NDArray[np.bool_],
    first: int,
    hashes: Hashes,
    caps: Caps,
    asked_hashes: Hashes,
    asked_caps: Caps,
) -> tuple[Pairs, npt.NDArray[np.int32]]:
    """Return the meetings of one picture as pairs (its row, asked row) with their worth, those of most worth."""
    pairs, worth = np.empty((len(some), 2), np.int32), np.empty(len(some), np.int32)
    count = 0
    for at in range(len(some)):
        asked, row = some[at, 0], some[at, 1]
        bits = ones(hashes[row, 0] ^ asked_hashes[asked, 0]) + ones(hashes[row, 1] ^ asked_hashes[asked, 1])
        value = min(ENOUGH_BITS, caps[row], asked_caps[asked]) - np.int32(bits)
        if value > 0 and not common[asked]:
            pairs[count, 0], pairs[count, 1], worth[count] = row - first, asked, value
            count += 1
    count = best_seeds(pairs, worth, count)
    return pairs[:count], worth[:count]


@compiled
def weighed_all(
    met: Meetings,
    owner: npt.NDArray[np.uint32],
    begins: Numbers,
    places: Floats,
    hashes: Hashes,
    caps: Caps,
    asked_places: Floats,
    asked_hashes: Hashes,
    asked_caps: Caps,
    most: int,
    least_score: int,
) -> tuple[Numbers, Numbers, Floats, Numbers, Pairs]:
    """Weigh every picture with two meetings or more; return those that reach `least_score`.

    Owners, scores, similarities (n, 4), and for the n-th picture the agreeing pairs `pairs[ends[n]:ends[n + 1]]`.
    """
    owners = len(begins) - 1
    common = frequent(met, owner, len(asked_caps), owners, most)
    starts, order = grouped(met, owner, owners)
    found, scores = np.empty(owners, np.int64), np.empty(owners, np.int64)
    moves, ends = np.empty((owners, 4), np.float32), np.zeros(owners + 1, np.int64)
    agreeing = np.empty((1024, 2), np.int32)
    kept = 0
    for n in range(owners):
        if starts[n + 1] - starts[n] < 2:
            continue
        first, last = begins[n], begins[n + 1]
        some_met = met[order[starts[n] : starts[n + 1]]]
        pairs, worth = seeds_of(some_met, common, first, hashes, caps, asked_hashes, asked_caps)
        if len(pairs) < 2:
            continue
        score, some, move = agreement(
            places[first:last],
            hashes[first:last],
            caps[first:last],
            asked_places,
            asked_hashes,
            asked_caps,
            pairs,
            worth,
        )
        if score < least_score:
            continue
        while ends[kept] + len(some) > len(agreeing):
            agreeing = with_room(agreeing)
        for k in range(len(some)):
            agreeing[ends[kept] + k, 0], agreeing[ends[kept] + k, 1] = some[k, 0], some[k, 1]
        found[kept], scores[kept], ends[kept + 1] = n, score, ends[kept] + len(some)
        for k in range(4):
            moves[kept, k] = move[k]
        kept += 1
    return found[:kept], scores[:kept], moves[:kept], ends[: kept + 1], agreeing[: ends[kept]]
