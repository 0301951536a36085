"""Styles and scripts: the files that are in `static/` when the app starts, and no others.

They are sent anew with each page: a copy kept by the browser would stay behind on a device that others use. So that
this costs little they go compressed; pages do not, since what is typed and what is secret stand in one page (BREACH).
"""

import gzip
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable

from fastapi import Request, Response
from starlette.exceptions import HTTPException

from portal.web.access import Role, door
from portal.web.rooms import room

KINDS = {"css": "text/css; charset=utf-8", "js": "text/javascript; charset=utf-8", "svg": "image/svg+xml"}

router = room()
ROOMS = (router,)


@cache
def contents() -> dict[str, bytes]:
    """Return every file by its path below `static/`: a path that is not in here cannot be asked for."""
    return dict(_walk(files("portal.web") / "static", ""))


def _walk(folder: Traversable, prefix: str) -> list[tuple[str, bytes]]:
    found: list[tuple[str, bytes]] = []
    for entry in folder.iterdir():
        if entry.is_dir():
            found.extend(_walk(entry, f"{prefix}{entry.name}/"))
        elif entry.name.rpartition(".")[2] in KINDS:
            found.append((prefix + entry.name, entry.read_bytes()))
    return found


@cache
def compressed() -> dict[str, bytes]:
    """Return the same files, compressed once."""
    return {path: gzip.compress(content, mtime=0) for path, content in contents().items()}


@router.get("/static/{path:path}")
@door(Role.ANYONE)
def static_file(request: Request, path: str) -> Response:
    """Give one style, script or icon."""
    if path not in contents():
        raise HTTPException(404)
    kind = KINDS[path.rpartition(".")[2]]
    if "gzip" not in request.headers.get("accept-encoding", "").lower():
        return Response(contents()[path], media_type=kind)
    return Response(
        compressed()[path], media_type=kind, headers={"Content-Encoding": "gzip", "Vary": "Accept-Encoding"}
    )


@router.get("/robots.txt")
@door(Role.ANYONE)
def robots() -> Response:
    """Ask search engines to stay away."""
    return Response("User-agent: *\nDisallow: /\n", media_type="text/plain")
