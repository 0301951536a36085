"""Sums of weighted rows, made in C one term after the other: what numpy would need a call for at every row."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import _sparsetools

Numbers = NDArray[Any]


@dataclass(frozen=True)
class Sums:
    """What is added up: sum `n` is that of `weights[k] * values[columns[k]]`, k from `starts[n]` to `starts[n + 1]`."""

    starts: NDArray[np.int32]
    columns: NDArray[np.int32]
    weights: Numbers

    def __len__(self) -> int:
        """Return the number of sums."""
        return len(self.starts) - 1

    def add(self, values: Numbers, sums: Numbers) -> None:
        """Add to `sums` (n x anything) the rows of `values`; both as numpy lays them out, of the type of `weights`.

        This is scipy's product of a sparse matrix with a dense one. It goes row by row and adds each term to what is
        there, so `sums` may lie within `values`, and a sum may begin with the one before: running sums. scipy has no
        public name for a product into an array that is there; tests/matchers/test_pdq_exact.py holds it to the loop
        it stands for.
        """
        _sparsetools.csr_matvecs(
            len(self),
            len(values),
            values.shape[1],
            self.starts,
            self.columns,
            self.weights,
            values.reshape(-1),
            sums.reshape(-1),
        )
