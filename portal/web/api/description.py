"""The description of /api/v1 in OpenAPI, for whoever writes a program against it."""

from functools import cache
from typing import Any

from fastapi.openapi.utils import get_openapi
from fastapi.responses import JSONResponse

from portal.web.access import Role, door
from portal.web.rooms import room

router = room()


@router.get("/api/v1/openapi.json")
@door(Role.ANYONE)
def openapi() -> JSONResponse:
    """Describe the API. It tells of nobody."""
    return JSONResponse(described())


@cache
def described() -> dict[str, Any]:
    """Return the description, made from the routes themselves."""
    from portal.web.api import cases, clients, hooks, lists

    found = get_openapi(
        title="Watchlight",
        version="1",
        description="For machines of a support centre. Only hashes go in; letters are drafted, never sent.",
        routes=[*clients.router.routes, *cases.router.routes, *hooks.router.routes, *lists.router.routes],
    )
    found["components"]["securitySchemes"] = {"token": {"type": "http", "scheme": "bearer"}}
    found["security"] = [{"token": []}]
    for path in found["paths"].values():
        for name, operation in path.items():
            if name == "post" and {"201", "202"} & set(operation["responses"]):
                operation.setdefault("parameters", []).append(
                    {"name": "Idempotency-Key", "in": "header", "schema": {"type": "string", "maxLength": 200}}
                )
    return found
