"""The wall around every room: headers on every answer, and requests refused before anything reads them.

Three things are stopped here, for every path alike: callers that reached us under a foreign host name
(DNS rebinding), other sites that make a browser fetch or post here, and bodies that could hold a picture.
"""

from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from starlette.requests import ClientDisconnect

from portal.web import metrics
from portal.web.settings import Settings, host_name

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]
Broken = Callable[[Scope, Exception], App]

CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self'",
        "connect-src 'self'",
        "worker-src 'self'",
        "form-action 'self'",
        "frame-ancestors 'none'",
        "base-uri 'none'",
        "require-trusted-types-for 'script'",
        "trusted-types own-worker",
    )
)

# Only what a form or our own script sends. multipart/form-data, the way browsers upload files, is not here.
READABLE = frozenset({"application/x-www-form-urlencoded", "application/json"})


def headers(*, https: bool) -> dict[str, str]:
    """Return the headers of every answer, whatever the path or outcome."""
    always = {
        "Content-Security-Policy": CONTENT_SECURITY_POLICY,
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Cross-Origin-Embedder-Policy": "require-corp",
        "Permissions-Policy": (
            "camera=(), microphone=(), geolocation=(), payment=(), usb=(), browsing-topics=(), "
            "clipboard-read=(), clipboard-write=(self)"
        ),
        "X-Robots-Tag": "noindex, nofollow",
        # Nothing of a visit stays on a device that others use too.
        "Cache-Control": "no-store",
    }
    if https:
        always["Strict-Transport-Security"] = "max-age=63072000; includeSubDomains"
    return always


@dataclass(frozen=True)
class Refusal:
    """Why a request was not let in: the HTTP status, a slug for the counter, a sentence for the caller."""

    status: int
    reason: str
    sentence: str


FOREIGN_HOST = Refusal(421, "foreign-host", "This server does not answer under that name.")
CROSS_SITE = Refusal(403, "cross-site", "Another site sent this request. Please start again from our own page.")
TOO_LARGE = Refusal(413, "too-large", "That is more than this server reads. It never needs a picture.")
WRONG_TYPE = Refusal(415, "content-type", "This server reads forms and JSON only. It never needs a picture.")


def refusal(scope: Scope, settings: Settings) -> Refusal | None:
    """Say why this request may not come in, judging by its headers alone; None lets it in."""
    sent = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
    if host_name(sent.get("host", "")) not in settings.hosts:
        return FOREIGN_HOST
    if not _from_our_pages_or_a_plain_visit(scope["method"], sent):
        return CROSS_SITE
    return _unreadable_body(scope["method"], sent, settings.largest_body)


def _from_our_pages_or_a_plain_visit(method: str, sent: dict[str, str]) -> bool:
    """Origin and Fetch Metadata: another site may lead a person here by a link, and nothing else."""
    origin = sent.get("origin", "null")  # our own pages send "null" for forms: they have no referrer
    if origin != "null" and urlsplit(origin).netloc != sent.get("host"):
        return False
    site = sent.get("sec-fetch-site")
    if site is None:  # an old browser, or plain HTTP on another machine: the form token still stands
        return True
    if site in {"same-origin", "none"}:
        return True
    return method == "GET" and sent.get("sec-fetch-mode") == "navigate" and _into_a_page(sent)


def _into_a_page(sent: dict[str, str]) -> bool:
    return sent.get("sec-fetch-dest", "document") == "document"


def _unreadable_body(method: str, sent: dict[str, str], largest: int) -> Refusal | None:
    length = sent.get("content-length", "0")
    if not length.isascii() or not length.isdigit() or int(length) > largest:
        return TOO_LARGE
    has_body = length != "0" or "transfer-encoding" in sent
    kind = sent.get("content-type", "").partition(";")[0].strip().lower()
    if has_body and (method != "POST" or kind not in READABLE):
        return WRONG_TYPE
    return None


class Wall:
    """ASGI middleware that puts the headers on every answer and refuses what must not come in."""

    def __init__(self, app: App, settings: Settings, broken: Broken) -> None:
        """Stand around `app`; `broken` makes the page for an error that nobody foresaw."""
        self.app = app
        self.broken = broken
        self.settings = settings
        self.headers = [
            (name.lower().encode(), value.encode()) for name, value in headers(https=settings.https).items()
        ]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let one request in, or answer it with its refusal."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        no = refusal(scope, self.settings)
        if no is not None:
            await self._refuse(no, send)
            return
        counted = _Counted(receive, self.settings.largest_body)
        sending = self._with_headers(send, counted)
        try:
            await self.app(scope, counted, sending)
        except _BodyTooLarge:
            await self._refuse(TOO_LARGE, sending)
        except ClientDisconnect:
            return
        except Exception as error:  # noqa: BLE001 - counted, reported, and answered with a page
            # The last border: further out the server would log the error with its message, and that may hold
            # an address or a name. It is counted and logged without one, and the visitor gets a page.
            page = self.broken(scope, error)
            if counted.answered:
                raise CutOff from None
            await page(scope, receive, sending)

    def _with_headers(self, send: Send, counted: "_Counted") -> Send:
        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                counted.answered = True
                metrics.REQUESTS.labels(outcome=f"{message['status'] // 100}xx").inc()
                message["headers"] = _merged(message.get("headers", ()), self.headers)
            await send(message)

        return sending

    async def _refuse(self, no: Refusal, send: Send) -> None:
        metrics.REFUSALS.labels(reason=no.reason).inc()
        body = no.sentence.encode()
        own = [(b"content-type", b"text/plain; charset=utf-8"), (b"content-length", str(len(body)).encode())]
        await send({"type": "http.response.start", "status": no.status, "headers": own + self.headers})
        await send({"type": "http.response.body", "body": body})


def _merged(own: Iterable[tuple[bytes, bytes]], ours: list[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    names = {name for name, _ in ours}
    return [(name, value) for name, value in own if name.lower() not in names] + ours


class CutOff(Exception):
    """An answer that broke after it began; what broke it has been logged."""


class _BodyTooLarge(Exception):
    """More bytes came than any form of ours has."""


class _Counted:
    """A body that is cut off when it grows too large, also when its length was not announced."""

    def __init__(self, receive: Receive, largest: int) -> None:
        self.receive = receive
        self.left = largest
        self.answered = False

    async def __call__(self) -> Message:
        message = await self.receive()
        if message["type"] == "http.request":
            self.left -= len(message.get("body", b""))
            if self.left < 0:
                raise _BodyTooLarge
        return message
