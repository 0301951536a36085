"""The link by which the first operator of a new house makes themselves one."""

from collections.abc import Mapping

from registry import first_operator
from registry.database import Registry

PORT = "8620"


def link_to_set_up(registry: Registry, environ: Mapping[str, str], port: int | None = None) -> str:
    """Return a new link to set the house up; raise BadValue when there is an operator already.

    Without a portal address it is under `localhost`: browsers make no passkey under 127.0.0.1.
    """
    with registry.transaction("cli") as tx:
        token = first_operator.new_token(tx)
    here = f"http://localhost:{port or environ.get('WATCHLIGHT_PORTAL_PORT') or PORT}"
    return f"{(environ.get('WATCHLIGHT_PORTAL_URL') or here).rstrip('/')}/set-up/{token}"


def first_link(registry: Registry, environ: Mapping[str, str], port: int) -> str | None:
    """Return a link to set the house up while it has no operator, None when it has one."""
    with registry.reading() as tx:
        needed = first_operator.needed(tx)
    return link_to_set_up(registry, environ, port) if needed else None
