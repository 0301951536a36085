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
from registry.tokens import Kept, Token
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


def once(
    request: Request,
    scope: str,
    body: BaseModel | None,
    act: Callable[[Transaction], BaseModel],
    *,
    confined: bool = True,
    status: int = 201,
) -> Response:
    """Do something inside the token's centre and answer; with an Idempotency-Key it happens once.

    What is done and the answer that is kept for this key are one unit of work: a repeat after a crash finds both or
    neither. `confined=False` is for what begins outside the centre, such as taking somebody in.
    """
    token, key = token_of(request, scope), _key(request)
    asked = hashlib.sha256(f"{request.method} {request.url.path}\n".encode())
    asked.update(b"" if body is None else body.model_dump_json().encode())
    with house(request).registry.transaction(str(token.id)) as tx:
        before = tokens.answered(tx, token.id, key, asked.digest()) if key is not None else None
        if before is not None:
            return _as_before(before)
        if confined:
            tenancy.confine_to(tx, token.centre)
        answer = act(tx).model_dump_json()
        if key is not None:
            tokens.remember(tx, token.id, key, asked.digest(), status, answer.encode())
    return Response(answer, status, media_type="application/json")


def _key(request: Request) -> str | None:
    key = request.headers.get("idempotency-key")
    if key is not None and not (0 < len(key) <= LONGEST_KEY and key.isascii() and key.isprintable()):
        raise ApiError(400, "Bad key", f"An Idempotency-Key has 1 to {LONGEST_KEY} printable ASCII characters.")
    return key


def _as_before(kept: Kept) -> Response:
    if not kept.same:
        raise ApiError(422, "Key used before", "This Idempotency-Key came with another request. Use a new one.")
    return Response(kept.answer, kept.status, media_type="application/json")


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


ERRORS: dict[int | str, dict[str, Any]] = {
    code: {"model": Problem, "description": "What went wrong.", "content": {"application/problem+json": {}}}
    for code in (400, 401, 403, 404, 409, 422, 429, 503)
}
