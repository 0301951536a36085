"""One look at one address, in a word: absent, there, a wall, a check, a closed border, in trouble, or no answer."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol
from urllib.parse import urlsplit

from matchers import Fingerprint

ABSENT = frozenset({404, 410})
WALLED = frozenset({401, 407})
BARRED = frozenset({402, 403, 406, 429})
SPARSE = 120  # signs of visible text: a page with fewer may be filled in later, by a script or not at all
LOGIN_PATHS = ("login", "signin", "sign-in", "sign_in", "over18", "auth", "checkpoint")
HOME_PATHS = frozenset({"", "/", "/index.html", "/index.php", "/index.do", "/index.jsp", "/main", "/home", "/m/"})
GONE_PATHS = ("removed", "deleted", "404", "notfound", "not-found", "not_found", "gone")


class Facts(Protocol):
    """What the answer was beyond its status; crawler.facts says what each field is."""

    @property
    def says(self) -> Sequence[str]: ...
    @property
    def length(self) -> int: ...
    @property
    def text_digest(self) -> str: ...
    @property
    def body_digest(self) -> str: ...
    @property
    def headers(self) -> Mapping[str, str]: ...
    @property
    def names(self) -> Sequence[str]: ...
    @property
    def shown(self) -> Sequence[Fingerprint]: ...
    @property
    def whole(self) -> bool: ...


class Look(Protocol):
    """What the crawler saw when it looked at one address again."""

    @property
    def url(self) -> str: ...
    @property
    def at(self) -> datetime: ...
    @property
    def status(self) -> int | None: ...
    @property
    def final_url(self) -> str | None: ...
    @property
    def content_type(self) -> str | None: ...
    @property
    def fingerprint(self) -> Fingerprint | None: ...
    @property
    def refusal(self) -> str | None: ...
    @property
    def facts(self) -> Facts: ...


def kind_of(look: Look) -> str:
    """Return what this look met.

    "absent" (404 or 410 and nothing that speaks against it), "says-gone" (an answer whose words say so), "home"
    (led to the front page), "blocked", "login-wall", "geo-blocked", "down", "elsewhere" (led to another page),
    "parked", "shell" (a page that scripts fill), "answers" (something else came), or "unseen".
    """
    if look.refusal is not None and look.status is None:
        return _refused(look.refusal)
    if look.status is None:
        return "down"
    return _barrier(look, frozenset(look.facts.says)) or _answer(look, frozenset(look.facts.says))


def _refused(refusal: str) -> str:
    if refusal in DOWN:
        return "down"
    return "blocked" if refusal.startswith("robots") or refusal in ("http-429", "asked-to-wait") else "unseen"


# A robots.txt that cannot be read is most often a host that is down: its rules are asked for first.
DOWN = frozenset(
    {
        "robots-unreadable",
        "robots-certificate",
        "timeout",
        "dns",
        "connection",
        "cut-short",
        "http-503",
        "bad-response",
        "certificate",
    }
)


def _barrier(look: Look, says: frozenset[str]) -> str | None:
    """What stands between us and the page, whatever the status: a shield answers 200, 403, 404 or 503 as it likes."""
    status = look.status or 0
    if status == 451 or "geo" in says:
        return "geo-blocked"
    if _challenged(look) or "challenge" in says:
        return "blocked"
    if status in WALLED or says & {"login", "age"} or _is_login(look, says):
        return "login-wall"
    if "cookie-wall" in says or (status not in ABSENT and "denied" in says) or status in BARRED:
        return "blocked"
    return None


def _answer(look: Look, says: frozenset[str]) -> str:
    status = look.status or 0
    if look.refusal is not None:
        return "unseen"
    if status in ABSENT:
        return "absent"
    if status >= 500:
        return "down"
    if "parked" in says:
        return "parked"
    if "trouble" in says:
        return "down"
    if says & {"removed", "not-found", "suspended", "contact"} or _names_gone(look):
        return "says-gone"
    if led_elsewhere(look):
        return "home" if _is_home(look) else "elsewhere"
    return "shell" if says & {"shell", "steers"} else "answers"


def led_elsewhere(look: Look) -> bool:
    """Say whether redirects ended at another page; a slash, https or www more or less is the same page."""
    return look.final_url is not None and _plain(look.final_url) != _plain(look.url)


def looked_through(look: Look) -> bool:
    """Say whether the page answered as pages do, with something to read, and every picture on it could be seen."""
    facts = look.facts
    readable = facts.length >= SPARSE or (facts.length >= SPARSE // 4 and bool(facts.shown))
    return look.status == 200 and facts.whole and readable


def names_file(look: Look, names: Sequence[str]) -> bool:
    """Say whether the page still points at the picture's file, wherever that answers us from."""
    return not frozenset(names).isdisjoint(look.facts.names)


def from_cache(look: Look) -> bool:
    """Say whether a cache answered in the place of the host."""
    headers = look.facts.headers
    hit = any("hit" in headers.get(name, "").lower() for name in ("x-cache", "cf-cache-status", "cdn-cache"))
    return hit or headers.get("age", "0") not in ("", "0")


def _challenged(look: Look) -> bool:
    headers = look.facts.headers
    return (
        "cf-mitigated" in headers or "x-amzn-waf-action" in headers or ("x-datadome" in headers and look.status == 403)
    )


def _is_login(look: Look, says: frozenset[str]) -> bool:
    """A form that asks for a password, where there is little else or where redirects led."""
    path = urlsplit(look.final_url or "").path.lower()
    led = led_elsewhere(look) and any(word in path for word in LOGIN_PATHS)
    return led or ("password-form" in says and look.facts.length < 600 and look.status != 404)


def _is_home(look: Look) -> bool:
    return urlsplit(look.final_url or "").path.lower() in HOME_PATHS


def _names_gone(look: Look) -> bool:
    last = urlsplit(look.final_url or "").path.lower().rstrip("/").rpartition("/")[2].partition(".")[0]
    return led_elsewhere(look) and last in GONE_PATHS


def _plain(url: str) -> str:
    parts = urlsplit(url)
    host = parts.netloc.lower().removeprefix("www.").removeprefix("m.")
    return f"{host}{parts.path.rstrip('/')}?{parts.query}"
