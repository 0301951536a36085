"""How a room declares its doors: a router whose every route says whom it is for."""

from fastapi import APIRouter

from portal.web.access import GuardedRoute


def room() -> APIRouter:
    """Return an empty room; its routes are guarded, and slashes are never guessed."""
    return APIRouter(route_class=GuardedRoute, redirect_slashes=False)
