"""How far PDQ's reference may be from the true grid and frequencies, because it rounds: its variance, term by term.

Each addition of the reference is off by at most half a unit in the last place. Modelled as independent and uniform
(as in Higham and Mary, "A new approach to probabilistic rounding error analysis", SIAM J. Sci. Comput. 41, 2019), the
errors' variances add up, each weighed by the square of what a change there does to the value in question; and as each
is bounded, their sum has tails no heavier than a normal distribution's (Hoeffding). A running sum hands each error on
to all points after it, so the weights are sums of what is still to come (`_Filter`).

The running sums are taken to be as large as a window of pure white makes them; those of the transform are as large as
the grid makes them (`matchers.pdq_waves`).
"""

from dataclasses import dataclass

import numpy as np

from matchers.pdq_rules import DCT, Doubles, ahead, bounds, centres

BRIGHTEST = 255.0
HALF_UNIT = 2.0**-24  # of single precision, for a value of 1

_dct = DCT.astype(np.float64)


@dataclass(frozen=True)
class Noise:
    """One axis' part in the variance of some values: five factors each (5 x n), which meet those of the other axis.

    The variance is `down.T @ across`, `down` as an axis of the picture's height has it, `across` as one of its width.
    The five: the luma's roundings, and those of the four box filters in their order.
    """

    down: Doubles
    across: Doubles
    across_whole: Doubles
    """Of grey levels: whole numbers, whose luma and first running sums are not rounded at all."""


def noise(side: int, size: int) -> tuple[Noise, Noise]:
    """Return the noise of the grid's first and last line along an axis, and of the 16 frequencies.

    All grid points between are less uncertain than the last, or the first.
    """
    points = centres(side)
    rows = np.zeros((18, side))
    rows[[0, 1], points[[0, -1]]] = 1
    np.add.at(rows.T, (points[:, None], np.arange(2, 18)), _dct.T)
    second = _Filter.of(rows, size)  # the one that the values come from; the first comes before it
    first = _Filter.of(second.before, size)
    kept = [_squared(part) for part in (rows, second.before, first.before)]
    factors = (
        np.stack(
            [kept[2] * _rounding(BRIGHTEST), kept[2], first.sums + first.means, kept[1], second.sums + second.means]
        ),
        np.stack([kept[2], first.sums + first.means, kept[1], second.sums + second.means, kept[0]]),
        np.stack([0 * kept[2], first.means, kept[1], second.sums + second.means, kept[0]]),
    )
    return Noise(*(part[:, :2] for part in factors)), Noise(*(part[:, 2:] for part in factors))


@dataclass(frozen=True)
class _Filter:
    """A box filter before some values, which are `rows @ line` after it.

    `before` is `rows @ box`: what a change of each point before the filter does to the values. `sums` and `means` are
    the variances that the filter's own roundings bring: those of its running sums, and of its divisions.
    """

    before: Doubles
    sums: Doubles
    means: Doubles

    @classmethod
    def of(cls, rows: Doubles, size: int) -> "_Filter":
        """Return the filter of a window's size; one of 1 does nothing."""
        if size == 1:
            return cls(rows, np.zeros(len(rows)), np.zeros(len(rows)))
        side = rows.shape[1]
        begins, ends = bounds(side, size)
        until = np.zeros((len(rows), side + size))  # up to each point; none before the line, none after it
        line = until[:, ahead(size) - 1 : ahead(size) + side]
        np.cumsum(rows / (ends - begins), axis=1, out=line[:, 1:])
        until[:, ahead(size) + side :] = line[:, -1:]
        onwards = line[:, -1:] - line[:, :-1]  # an error stays in the running sum
        started = size * np.square(line[:, -1])  # the first window is filled before the first point
        sums = (2 * _squared(onwards) + started) * _rounding(BRIGHTEST * (size + 1))
        return cls(until[:, size:] - until[:, :-size], sums, _squared(rows) * _rounding(BRIGHTEST))


def _squared(rows: Doubles) -> Doubles:
    return np.asarray(np.einsum("ij,ij->i", rows, rows))


def _rounding(largest: float) -> float:
    """Return the variance of rounding a value up to `largest` to single: uniform within half a unit."""
    return float((HALF_UNIT * 2.0 ** np.floor(np.log2(largest))) ** 2 / 3)


def blur_variance(down: Noise, across: Noise, *, whole: bool) -> Doubles:
    """Return the variance of values (down x across) that luma and box filters bring; `whole`: of grey levels."""
    return np.asarray(down.down.T @ (across.across_whole if whole else across.across))
