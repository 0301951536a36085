"""How a machine of a centre comes in: its token, its scopes, and requests that happen once however often they come."""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, TypeVar
from uuid import UUID

from fastapi import Request, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel

from portal.web.access import house
from portal.web.api.shapes import Problem
from registry import tenancy, tokens
from registry.tokens import Token
from registry.transaction import Transaction

T = TypeVar("T")
ONE_MACHINE = "600 per minute"
LONGEST_KEY = 200


class ApiError(Exception):
    """A request that cannot be answered: the status, and a sentence for whoever wrote the program."""

    def __init__(self, status: int, title: str, detail: str) -> None:
        super().__init__(title)
        self.problem = Problem(title=title, status=status, detail=detail)


def problem(error: ApiError) -> Response:
    """Return the answer of RFC 9457."""
    headers = {"WWW-Authenticate": "Bearer"} if error.problem.status == 401 else None
    return JSONResponse(
        error.problem.model_dump(), error.problem.status, headers=headers, media_type="application/problem+json"
    )


def token_of(request: Request, scope: str) -> Token:
    """Return the token the door has recognised, if it has this scope."""
    token: Token = request.state.token
    house(request).pace.require(ONE_MACHINE, "api", str(token.id))
    if scope not in token.scopes:
        raise ApiError(403, "Not allowed", f"This token does not have the scope {scope}.")
    return token


@contextmanager
def inside(request: Request, scope: str) -> Iterator[Transaction]:
    """Give a unit of work inside the token's centre."""
    token = token_of(request, scope)
    with house(request).registry.transaction(str(token.id)) as tx:
        tenancy.confine_to(tx, token.centre)
        yield tx


def once(request: Request, body: BaseModel | None, act: Callable[[], BaseModel], status: int = 201) -> Response:
    """Do something and answer; with an Idempotency-Key that was here before, give the same answer and do nothing."""
    token: Token = request.state.token
    key = request.headers.get("idempotency-key")
    if key is None:
        return _json(act(), status)
    if not (0 < len(key) <= LONGEST_KEY and key.isascii() and key.isprintable()):
        raise ApiError(400, "Bad key", f"An Idempotency-Key has 1 to {LONGEST_KEY} printable ASCII characters.")
    asked = hashlib.sha256(f"{request.method} {request.url.path}\n".encode())
    asked.update(b"" if body is None else body.model_dump_json().encode())
    registry = house(request).registry
    with registry.transaction(str(token.id)) as tx:
        before = tokens.answered(tx, token.id, key, asked.digest())
    if before is not None and not before.same:
        raise ApiError(422, "Key used before", "This Idempotency-Key came with another request. Use a new one.")
    if before is not None:
        return Response(before.answer, before.status, media_type="application/json")
    answer = _json(act(), status)
    with registry.transaction(str(token.id)) as tx:
        if tokens.answered(tx, token.id, key, asked.digest()) is None:
            tokens.remember(tx, token.id, key, asked.digest(), status, bytes(answer.body))
    return answer


def page_of(
    items: Sequence[T], id_of: Callable[[T], UUID], cursor: str | None, limit: int
) -> tuple[list[T], str | None]:
    """Return the items after the one the cursor names, and the cursor of the page after them."""
    start = 0
    if cursor is not None:
        start = next((number + 1 for number, each in enumerate(items) if str(id_of(each)) == cursor), -1)
        if start < 0:
            raise ApiError(400, "Bad cursor", "This cursor leads nowhere (any more): start without one.")
    shown = list(items[start : start + limit])
    more = start + limit < len(items)
    return shown, str(id_of(shown[-1])) if more and shown else None


def _json(answer: BaseModel, status: int) -> Response:
    return Response(answer.model_dump_json(), status, media_type="application/json")


ERRORS: dict[int | str, dict[str, Any]] = {
    code: {"model": Problem, "description": "What went wrong.", "content": {"application/problem+json": {}}}
    for code in (400, 401, 403, 404, 409, 422, 429, 503)
}
