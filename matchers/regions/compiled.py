"""Numba, in one typed place: plain loops that run as machine code."""

from collections.abc import Callable
from typing import Any, TypeVar, cast

import numba
import numpy as np
import numpy.typing as npt
from numba import types
from numba.extending import intrinsic

Function = TypeVar("Function", bound=Callable[..., object])


def compiled(function: Function) -> Function:
    """Compile at the first call; the machine code is kept beside the source, so later starts are quick."""
    try:
        return cast(Function, numba.njit(cache=True, nogil=True, error_model="numpy")(function))
    except RuntimeError:  # there is no folder it may be kept in
        return cast(Function, numba.njit(nogil=True, error_model="numpy")(function))


def _population_count(typing_context: Any, word: Any) -> Any:  # noqa: ARG001 - the signature numba asks for
    def build(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:  # noqa: ARG001
        return builder.ctpop(arguments[0])

    return types.uint64(types.uint64), build


ones = cast(Callable[[Any], Any], intrinsic(_population_count))
"""Count the bits set in a 64-bit word, by one processor instruction; only within `compiled` functions."""


Rows = TypeVar("Rows", bound=npt.NDArray[np.generic])


@compiled
def with_room(rows: Rows) -> Rows:
    """Return the same rows with as much room again, for lists whose length nobody knows beforehand."""
    return np.concatenate((rows, np.empty_like(rows)))  # type: ignore[return-value]  # numba has no types to tell
