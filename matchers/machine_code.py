"""Where the machine code of compiled functions is kept: beside the source, or where that cannot be written, at home.

Numba's own cache knows a function by its file alone. Ours knows, too, the constants and the compiled functions of
other files that were copied into its code: else a new release could run with half of the old one's arithmetic.
"""

import contextlib
import hashlib
import sys
from collections.abc import Callable, Iterator
from functools import cached_property
from pathlib import Path
from types import CodeType
from typing import Any

import numpy as np
from numba.core.caching import CompileResultCacheImpl, FunctionCache, InTreeCacheLocator
from numba.core.dispatcher import Dispatcher

from matchers import home


class _Beside(InTreeCacheLocator):
    """In the folder beside the source, as in a clone; in an image that was built with it, it can only be read."""

    def __init__(self, function: Callable[..., object], source: str) -> None:
        super().__init__(function, source)
        self._function = function

    @classmethod
    def from_function(cls, function: Callable[..., object], source: str) -> "_Beside":
        """Return one in any case: a folder that cannot be written can be read all the same."""
        return cls(function, source)

    def get_source_stamp(self) -> str:
        """Return what the machine code is made from."""
        return made_from(self._function)


class _AtHome(_Beside):
    """In the data folder, where the source belongs to somebody else."""

    def __init__(self, function: Callable[..., object], source: str) -> None:
        super().__init__(function, source)
        self._folder = home.machine_code() or Path("/nonexistent")
        self._cache_path = str(self._folder / self.get_suitable_cache_subpath(source))

    def ensure_cache_path(self) -> None:
        """Make the folder, for nobody else: who can write there decides what we run."""
        self._folder.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._folder.mkdir(mode=0o700, exist_ok=True)
        super().ensure_cache_path()


class _Code(FunctionCache):
    """Numba's own cache of a function, at a place of ours."""

    def __init__(self, function: Callable[..., object], place: type[_Beside]) -> None:
        self._impl_class: Any = type("_Impl", (CompileResultCacheImpl,), {"_locator_classes": [place]})
        super().__init__(function)


class Kept(FunctionCache):
    """The machine code of one function: read from the first place that has it, written to the first that takes it.

    Where no place takes it, it is compiled anew at every start: slow, but right.
    """

    def __init__(self, function: Callable[..., object]) -> None:
        self._function = function

    @cached_property
    def _places(self) -> list[_Code]:
        # Not before it is asked for: what the function calls may stand below it in its file.
        return [_Code(self._function, place) for place in (_Beside, _AtHome)]

    @property
    def cache_path(self) -> str:
        """Return the folder of the first place."""
        return str(self._places[0].cache_path)

    def load_overload(self, signature: Any, context: Any) -> Any:
        """Return the machine code for arguments of some types, None where it must be made."""
        for place in self._places:
            with contextlib.suppress(OSError):
                if (code := place.load_overload(signature, context)) is not None:
                    return code
        return None

    def save_overload(self, signature: Any, code: Any) -> None:
        """Keep it for the next start."""
        for place in self._places:
            with contextlib.suppress(OSError):
                place.save_overload(signature, code)
                return

    def flush(self) -> None:
        """Forget what is kept."""
        for place in self._places:
            place.flush()


def made_from(function: Callable[..., object]) -> str:
    """Return a digest of a function's file, and of all that its code takes from others: constants, compiled functions.

    What it takes from a constant of its own file is told by that file, and by what that constant is now.
    """
    digest = hashlib.sha256(Path(function.__code__.co_filename).read_bytes())
    for name in sorted(set(_names(function.__code__))):
        value = function.__globals__.get(name)
        if isinstance(value, Dispatcher):
            if value.py_func is not function:
                digest.update(f"{name} {made_from(value.py_func)}".encode())
        elif isinstance(value, np.ndarray):
            digest.update(f"{name} {value.dtype} {value.shape}".encode() + value.tobytes())
        elif isinstance(value, int | float | tuple | np.generic):
            digest.update(f"{name} {value!r}".encode())
        elif value is not None and getattr(value, "__module__", "").startswith("matchers."):
            digest.update(Path(str(sys.modules[value.__module__].__file__)).read_bytes())  # `ones`
    return digest.hexdigest()


def _names(code: CodeType) -> Iterator[str]:
    yield from code.co_names
    for part in code.co_consts:
        if isinstance(part, CodeType):
            yield from _names(part)
