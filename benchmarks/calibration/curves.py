"""Logistic curves from what was weighed to how sure that is, and how well they foretell."""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

EDGES = (0.0, 0.05, 0.2, 0.5, 0.8, 0.95, 0.99, 1.0)
"""Bins of confidence for the reliability plot."""
Doubles = NDArray[np.float64]


@dataclass(frozen=True)
class Sample:
    """Pairs of pictures: features (n x m), whether they are one photo, the half they belong to, and their weight."""

    features: Doubles
    same: NDArray[np.bool_]
    half: NDArray[np.int64]
    weight: Doubles

    def part(self, half: int) -> "Sample":
        """Return the pairs of one half of the photos."""
        chosen = self.half == half
        return Sample(self.features[chosen], self.same[chosen], self.half[chosen], self.weight[chosen])


@dataclass(frozen=True)
class Bin:
    """What was foretold and what held, for the pairs of which the confidence lies between two edges."""

    foretold: float
    held: float
    same: int
    strangers: int


def fitted(sample: Sample) -> Doubles:
    """Return the logistic curve's coefficients, the constant first; Newton's steps, kept short."""
    design = np.column_stack([np.ones(len(sample.same)), sample.features])
    scale = np.abs(design).max(0)
    design, weight = design / scale, sample.weight / sample.weight.max()
    curve = np.zeros(design.shape[1])
    for _ in range(300):
        chance = 1 / (1 + np.exp(-np.clip(design @ curve, -40, 40)))
        slope = design.T @ (weight * (sample.same - chance)) - 1e-7 * curve
        bend = (design.T * (weight * chance * (1 - chance))) @ design + 1e-7 * np.eye(len(curve))
        curve += np.clip(np.linalg.solve(bend, slope), -2, 2)
    return np.asarray(curve / scale)


def foretold(curve: Doubles, features: Doubles) -> Doubles:
    """Return the confidence of pairs under a curve."""
    return np.asarray(1 / (1 + np.exp(-np.clip(curve[0] + features @ curve[1:], -40, 40))))


def reliability(sure: Doubles, sample: Sample) -> Iterator[Bin]:
    """Compare what was foretold for each pair with what held, in bins of confidence."""
    for low, high in itertools.pairwise(EDGES):
        inside = (sure >= low) & ((sure < high) | (high == EDGES[-1]))
        weight, same = sample.weight[inside], sample.same[inside]
        if weight.sum() > 0:
            held, mean = (float(np.average(values, weights=weight)) for values in (same, sure[inside]))
            yield Bin(mean, held, int(same.sum()), int((~same).sum()))
