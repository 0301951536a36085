"""Do the patches two pictures share lie the same way in both? Weighed, not just counted.

Each pair of like patches proposes how one picture was moved, turned and scaled into the other (a
similarity). The proposal most pairs agree on is fitted, then every patch is asked again under it. A
pair is worth the bits by which it is nearer than chance and than common content; places count once.
"""

import numpy as np
import numpy.typing as npt

from matchers.compiled import compiled, ones
from matchers.regions.kept import Floats, Hashes

SEED_RADIUS = 26
"""Patches at most this many of 128 bits apart propose a similarity."""
ENOUGH_BITS = 38
"""A pair is worth 38 minus its distance, less where common content (the bank) is nearer than 38."""
MOST_SEEDS = 160
HOPELESS = 12
"""A fit whose pairs are worth less is not fitted again."""
CELL_PX = 8
CELLS = 128
PAIR_TURN = 0.45
PAIR_SCALE = 0.6
GUIDED_TURN = 0.4
GUIDED_SCALE = 0.5
WIDEST_PX = 60.0
GUIDED_WIDEST_PX = 30.0

Caps = npt.NDArray[np.uint8]
Pairs = npt.NDArray[np.int32]
"""(n, 2): rows of the enrolled picture and of the searched one."""


@compiled
def angle_between(a: float, b: float) -> float:
    """Return the smaller angle between two directions, 0 to pi."""
    turn = abs(a - b) % (2 * np.pi)
    return min(turn, 2 * np.pi - turn)


@compiled
def proposals(enrolled: Floats, seen: Floats, pairs: Pairs) -> Floats:
    """Return (n, 4): cosine and sine times scale, angle and logarithm of scale that each pair proposes."""
    moves = np.empty((len(pairs), 4), np.float32)
    for n in range(len(pairs)):
        e, s = pairs[n]
        turn, growth = seen[s, 3] - enrolled[e, 3], seen[s, 2] - enrolled[e, 2]
        scale = np.exp(growth)
        moves[n, 0], moves[n, 1], moves[n, 2], moves[n, 3] = (
            np.cos(turn) * scale,
            np.sin(turn) * scale,
            turn,
            growth,
        )
    return moves


@compiled
def agrees(enrolled: Floats, seen: Floats, pairs: Pairs, moves: Floats, a: int, b: int) -> bool:
    """Say whether pair b lies where the proposal of pair a puts it."""
    if abs(moves[a, 3] - moves[b, 3]) > PAIR_SCALE or angle_between(moves[a, 2], moves[b, 2]) > PAIR_TURN:
        return False
    dx = enrolled[pairs[b, 0], 0] - enrolled[pairs[a, 0], 0]
    dy = enrolled[pairs[b, 0], 1] - enrolled[pairs[a, 0], 1]
    mx, my = moves[a, 0] * dx - moves[a, 1] * dy, moves[a, 1] * dx + moves[a, 0] * dy
    ex = seen[pairs[a, 1], 0] + mx - seen[pairs[b, 1], 0]
    ey = seen[pairs[a, 1], 1] + my - seen[pairs[b, 1], 1]
    error = np.sqrt(ex * ex + ey * ey)
    allowed = max(1.5 * np.exp(seen[pairs[b, 1], 2]) + 3.0, 0.2 * np.sqrt(mx * mx + my * my))
    return bool(error < min(allowed, WIDEST_PX))


@compiled
def best_proposal(enrolled: Floats, seen: Floats, pairs: Pairs, worth: npt.NDArray[np.int32]) -> Pairs:
    """Return the pairs that agree with the proposal of most worth; none where even that is worth next to nothing."""
    moves = proposals(enrolled, seen, pairs)
    best, best_sum = -1, 0
    for a in range(len(pairs)):
        total = 0
        for b in range(len(pairs)):
            if agrees(enrolled, seen, pairs, moves, a, b):
                total += worth[b]
        if total > best_sum:
            best, best_sum = a, total
    if best_sum < HOPELESS:
        return pairs[:0]
    agreeing = np.empty_like(pairs)
    count = 0
    for b in range(len(pairs)):
        if agrees(enrolled, seen, pairs, moves, best, b):
            agreeing[count, 0], agreeing[count, 1] = pairs[b, 0], pairs[b, 1]
            count += 1
    return agreeing[:count]


@compiled
def fitted(enrolled: Floats, seen: Floats, pairs: Pairs) -> tuple[float, float, float, float]:
    """Return the least-squares similarity (a, b, tx, ty): x' = a x - b y + tx, y' = b x + a y + ty."""
    n = len(pairs)
    mex = mey = msx = msy = 0.0
    for k in range(n):
        mex += enrolled[pairs[k, 0], 0] / n
        mey += enrolled[pairs[k, 0], 1] / n
        msx += seen[pairs[k, 1], 0] / n
        msy += seen[pairs[k, 1], 1] / n
    along = across = spread = 0.0
    for k in range(n):
        ex, ey = enrolled[pairs[k, 0], 0] - mex, enrolled[pairs[k, 0], 1] - mey
        sx, sy = seen[pairs[k, 1], 0] - msx, seen[pairs[k, 1], 1] - msy
        along += ex * sx + ey * sy
        across += ex * sy - ey * sx
        spread += ex * ex + ey * ey
    if spread < 1e-3:
        return 0.0, 0.0, 0.0, 0.0
    a, b = along / spread, across / spread
    return a, b, msx - a * mex + b * mey, msy - b * mex - a * mey


@compiled
def first_beyond(seen: Floats, x: float) -> int:
    """Return the first row, in the order of x, at or beyond `x`."""
    low, high = 0, len(seen)
    while low < high:
        middle = (low + high) // 2
        if seen[middle, 0] < x:
            low = middle + 1
        else:
            high = middle
    return low


@compiled
def guided(
    enrolled: Floats,
    enrolled_bits: Hashes,
    enrolled_caps: Caps,
    seen: Floats,
    seen_bits: Hashes,
    seen_caps: Caps,
    move: tuple[float, float, float, float],
    slack: float,
) -> tuple[Pairs, npt.NDArray[np.int32]]:
    """Return the pairs that lie right under a similarity, the best first and one for each place, and their worth.

    `seen` must be in the order of x, so that only a strip of it is looked at.
    """
    a, b, tx, ty = move
    turn, growth = np.arctan2(b, a), 0.5 * np.log(a * a + b * b)
    found = np.empty((4 * len(enrolled) + 4, 2), np.int32)
    worth = np.empty(len(found), np.int32)
    count = 0
    for e in range(len(enrolled)):
        x, y = a * enrolled[e, 0] - b * enrolled[e, 1] + tx, b * enrolled[e, 0] + a * enrolled[e, 1] + ty
        first = first_beyond(seen, x - GUIDED_WIDEST_PX)
        for s in range(first, len(seen)):
            dx, dy = abs(x - seen[s, 0]), abs(y - seen[s, 1])
            if seen[s, 0] > x + GUIDED_WIDEST_PX or count == len(found):
                break
            if dx * dx + dy * dy > min(1.5 * np.exp(seen[s, 2]) + slack, GUIDED_WIDEST_PX) ** 2:
                continue
            if abs(seen[s, 2] - enrolled[e, 2] - growth) > GUIDED_SCALE:
                continue
            if angle_between(seen[s, 3] - enrolled[e, 3], turn) > GUIDED_TURN:
                continue
            bits = ones(enrolled_bits[e, 0] ^ seen_bits[s, 0]) + ones(enrolled_bits[e, 1] ^ seen_bits[s, 1])
            value = min(ENOUGH_BITS, enrolled_caps[e], seen_caps[s]) - np.int32(bits)
            if value > 0:
                found[count, 0], found[count, 1], worth[count] = e, s, value
                count += 1
    kept = one_for_each_place(enrolled, seen, found, worth, count)
    return found[:kept], worth[:kept]


@compiled
def one_for_each_place(enrolled: Floats, seen: Floats, found: Pairs, worth: npt.NDArray[np.int32], count: int) -> int:
    """Move the pairs to the front, the most worth first, of which no better one is within 8 px; say how many.

    A counting sort: numba takes seconds to compile np.argsort, and the worth is 1 to 38.
    """
    taken_e, taken_s = np.zeros((CELLS, CELLS), np.bool_), np.zeros((CELLS, CELLS), np.bool_)
    chosen = np.empty((count, 3), np.int32)
    kept = 0
    for value in range(ENOUGH_BITS, 0, -1):
        for k in range(count):
            if worth[k] != value:
                continue
            e, s = found[k, 0], found[k, 1]
            ex, ey = int(enrolled[e, 0]) // CELL_PX, int(enrolled[e, 1]) // CELL_PX
            sx, sy = int(seen[s, 0]) // CELL_PX, int(seen[s, 1]) // CELL_PX
            if not taken_e[ey, ex] and not taken_s[sy, sx]:
                taken_e[ey, ex] = True
                taken_s[sy, sx] = True
                chosen[kept, 0], chosen[kept, 1], chosen[kept, 2] = e, s, value
                kept += 1
    for k in range(kept):
        found[k, 0], found[k, 1], worth[k] = chosen[k, 0], chosen[k, 1], chosen[k, 2]
    return kept


@compiled
def agreement(
    enrolled: Floats,
    enrolled_bits: Hashes,
    enrolled_caps: Caps,
    seen: Floats,
    seen_bits: Hashes,
    seen_caps: Caps,
    pairs: Pairs,
    worth: npt.NDArray[np.int32],
) -> tuple[int, Pairs, tuple[float, float, float, float]]:
    """Return the score, the agreeing pairs and the similarity; score 0 where fewer than two places agree."""
    nothing = (0, pairs[:0], (0.0, 0.0, 0.0, 0.0))
    agreeing = best_proposal(enrolled, seen, pairs, worth)
    if len(agreeing) < 2:
        return nothing
    move = fitted(enrolled, seen, agreeing)
    if move[0] == 0.0 and move[1] == 0.0:
        return nothing
    score = 0
    for step in range(3):
        agreeing, values = guided(
            enrolled,
            enrolled_bits,
            enrolled_caps,
            seen,
            seen_bits,
            seen_caps,
            move,
            5.0 if step == 0 else 3.0,
        )
        if len(agreeing) < 2:
            return nothing
        score = 0
        for value in values:
            score += value
        if score < HOPELESS:
            return nothing
        if step < 2:
            move = fitted(enrolled, seen, agreeing)
            if move[0] == 0.0 and move[1] == 0.0:
                return nothing
    return score, agreeing, move
