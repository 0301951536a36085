"""When a request cannot be answered: a calm page in the visitor's language, and nothing about our inside."""

import logging
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import replace
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from sqlalchemy.exc import OperationalError
from starlette.exceptions import HTTPException

from crawler.errors import StoreUnavailable
from portal.web import metrics, pages
from portal.web.access import (
    BeingReviewed,
    FormExpired,
    NotYourDoor,
    PasskeyNeeded,
    SignInNeeded,
    remember_visit,
    stranger,
)
from portal.web.api.machine import ApiError, problem
from portal.web.pace import TooOften
from registry.errors import (
    OutOfReach,
    RegistryUnavailable,
    UnknownCentre,
    UnknownClient,
    UnknownEnrolment,
    UnknownExposure,
    UnknownList,
    UnknownNotice,
    UnknownPasskey,
    UnknownPerson,
    UnknownReview,
    UnknownToken,
    UnknownWebhook,
)

log = logging.getLogger(__name__)

Answer = Callable[[Request, Exception], Awaitable[Response]]

# What went wrong: the status, and which sentence of the catalogue says it.
SAID: dict[type[Exception], tuple[int, str]] = {
    NotYourDoor: (403, "forbidden"),
    BeingReviewed: (403, "reviewed"),
    FormExpired: (403, "expired"),
    TooOften: (429, "too_often"),
    RequestValidationError: (400, "bad"),
    UnknownExposure: (404, "not_found"),
    UnknownEnrolment: (404, "not_found"),
    UnknownNotice: (404, "not_found"),
    UnknownPerson: (404, "not_found"),
    UnknownCentre: (404, "not_found"),
    UnknownClient: (404, "not_found"),
    OutOfReach: (404, "not_found"),
    UnknownReview: (404, "not_found"),
    UnknownToken: (404, "not_found"),
    UnknownPasskey: (404, "not_found"),
    UnknownWebhook: (404, "not_found"),
    UnknownList: (404, "not_found"),
    RegistryUnavailable: (503, "unavailable"),
    StoreUnavailable: (503, "unavailable"),
    OperationalError: (503, "unavailable"),
}


# The same in the plain words of /api/v1: a title, and what to do.
PROBLEMS = {
    "forbidden": ("Not allowed", "This is not open to you."),
    "reviewed": ("Being reviewed", "Try again once the review is over."),
    "expired": ("Not allowed", "This is not open to you."),
    "too_often": ("Too often", "Wait a minute, and ask less often."),
    "bad": ("Bad request", "The request does not look as /api/v1/openapi.json says."),
    "not_found": ("Not found", "It is not there, or your centre may not see it."),
    "unavailable": ("Unavailable", "Please try again in a moment."),
    "broken": ("Broken", "Something broke on our side. It was noted."),
}


def add_to(app: FastAPI) -> None:
    """Give every error its page."""
    for kind, (status, what) in SAID.items():
        app.add_exception_handler(kind, _says(status, what))
    app.add_exception_handler(ApiError, _api_error)
    app.add_exception_handler(SignInNeeded, _asks_to_sign_in)
    app.add_exception_handler(PasskeyNeeded, _asks_for_passkey)
    app.add_exception_handler(HTTPException, _by_status)


def _says(status: int, what: str) -> Answer:
    async def answer(request: Request, _error: Exception) -> Response:
        metrics.REFUSALS.labels(reason=what.replace("_", "-")).inc()
        return apology(request, status, what)

    return answer


async def _asks_to_sign_in(request: Request, _error: Exception) -> Response:
    metrics.REFUSALS.labels(reason="not-signed-in").inc()
    if _of_api(request):
        return problem(ApiError(401, "No token", "Send a token that holds: Authorization: Bearer TOKEN."))
    if _wants_json(request):
        return JSONResponse({"error": "not-signed-in"}, status_code=401)
    return pages.go("/sign-in")


async def _asks_for_passkey(request: Request, _error: Exception) -> Response:
    metrics.REFUSALS.labels(reason="passkey-needed").inc()
    if _wants_json(request):
        return JSONResponse({"error": "passkey-needed"}, status_code=403)
    return pages.go("/keys")


async def _by_status(request: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 404
    what = "not_found" if status in {404, 405} else "bad"
    return apology(request, status, what)


def broken(scope: MutableMapping[str, Any], error: Exception) -> Response:
    """Log and count an error that nobody foresaw, and return the page for it."""
    # The message of an error may hold an address or a name: its kind and place are enough to find it.
    log.error("a room of the portal broke: %s", type(error).__name__, exc_info=_without_message(error))
    metrics.REFUSALS.labels(reason="broken").inc()
    return apology(Request(scope), 500, "broken")


def _without_message(error: Exception) -> Exception:
    return RuntimeError(type(error).__name__).with_traceback(error.__traceback__)


def apology(request: Request, status: int, what: str) -> Response:
    """Return the page (or, for our own script, the word) that says what went wrong."""
    if _of_api(request):
        return problem(ApiError(status, *PROBLEMS[what]))
    if _wants_json(request):
        return JSONResponse({"error": what.replace("_", "-")}, status_code=status)
    visitor = getattr(request.state, "visitor", None) or stranger(request)
    if visitor.person is None:
        visitor = replace(visitor, session=None)
    request.state.visitor = visitor
    response = pages.page(request, "error.html", status=status, what=what)
    remember_visit(request, response, visitor)
    return response


async def _api_error(_request: Request, error: Exception) -> Response:
    assert isinstance(error, ApiError)
    return problem(error)


def _of_api(request: Request) -> bool:
    return request.url.path.startswith("/api/v1/")


def _wants_json(request: Request) -> bool:
    return request.headers.get("content-type", "").startswith("application/json")
