"""Numba, in one typed place: plain loops that run as machine code, which is made once and kept (`machine_code`)."""

from collections.abc import Callable
from typing import Any, TypeVar, cast

import numba
import numpy as np
import numpy.typing as npt
from numba import types
from numba.extending import intrinsic

from matchers.machine_code import Kept

Function = TypeVar("Function", bound=Callable[..., object])


def compiled(function: Function) -> Function:
    """Compile at the first call with arguments of some types, or load what an earlier process compiled."""
    return cast(Function, _dispatcher(function))


def compiled_for(*signatures: object) -> Callable[[Function], Function]:
    """Compile or load now, at the import, for arguments of these types alone: a TypeError for all others.

    So whoever imports the module has the code: what a fork server imported, its workers never compile. As numba
    writes them, for instance "float32(float32[:, ::1], int64)", or in its types, where arrays may be read-only.
    """

    def now(function: Function) -> Function:
        dispatcher = _dispatcher(function)
        for signature in signatures:
            dispatcher.compile(signature)
        dispatcher.disable_compile()
        return cast(Function, dispatcher)

    return now


def _dispatcher(function: Callable[..., object]) -> Any:
    dispatcher: Any = numba.njit(nogil=True, error_model="numpy")(function)
    dispatcher._cache = Kept(function)  # where `cache=True` would put numba's own
    return dispatcher


def _population_count(typing_context: Any, word: Any) -> Any:  # noqa: ARG001 - the signature numba asks for
    def build(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:  # noqa: ARG001 - the signature numba asks for
        return builder.ctpop(arguments[0])

    return types.uint64(types.uint64), build


ones = cast(Callable[[Any], Any], intrinsic(_population_count))
"""Count the bits set in a 64-bit word, by one processor instruction; only within `compiled` functions."""


def _multiply_add(typing_context: Any, one: Any, other: Any, third: Any) -> Any:  # noqa: ARG001 - the signature numba asks for
    def build(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:  # noqa: ARG001 - the signature numba asks for
        return builder.fma(*arguments)

    return types.float32(types.float32, types.float32, types.float32), build


fused = cast(Callable[[Any, Any, Any], np.float32], intrinsic(_multiply_add))
"""Multiply the first two and add the third, rounded once, as OpenCV does; plain `a * b + c` is never rounded so."""


Rows = TypeVar("Rows", bound=npt.NDArray[np.generic])


@compiled
def with_room(rows: Rows) -> Rows:
    """Return the same rows with as much room again, for lists whose length nobody knows beforehand."""
    return np.concatenate((rows, np.empty_like(rows)))  # type: ignore[return-value]  # numba has no types to tell
