"""The registry, as commands open it: its errors become one sentence and an exit code."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from portal.cli import say

if TYPE_CHECKING:
    from registry.database import Registry


@contextmanager
def opened() -> Iterator["Registry"]:
    """Open the registry of the environment for one command.

    What the user can set right (an unknown name, a bad value) leaves with 2, what the machine has to
    (a locked database, a full disk, a wrong key) with 1.
    """
    from registry.database import Registry
    from registry.errors import NewerRegistry, RegistryError, RegistryUnavailable, SealBroken, WrongKey

    try:
        with Registry.open() as registry:
            yield registry
    except (RegistryUnavailable, WrongKey, NewerRegistry, SealBroken) as error:
        say.fail(str(error), code=say.FAILURE)
    except RegistryError as error:
        say.fail(str(error))
