"""Addresses that are no places of their own: mirrors, proxies, reverse-search results, and echoes of our own request.

Such a page shows what lies elsewhere, or exists only because somebody asked for it. Counting it as a find would tell
a person twice about one picture and send an operator after places that are none. The address alone is judged.
"""

import re
from functools import lru_cache
from urllib.parse import parse_qsl, unquote, urlsplit

MIRRORS = (
    "archive.org",
    "archive.today",
    "archive.ph",
    "archive.is",
    "archive.li",
    "archive.fo",
    "archive.md",
    "archive.vn",
    "ghostarchive.org",
    "megalodon.jp",
    "perma.cc",
    "webcache.googleusercontent.com",
    "cc.bingj.com",
    "yandexwebcache.net",
    "tgstat.com",
    "telemetr.io",
    "telegramchannels.me",
)
MIRROR_NAMES = re.compile(r"^(?:nitter|libreddit|redlib|teddit|bibliogram|invidious|proxitok)\.")
PROXIES = (
    "translate.goog",
    "translate.google.com",
    "croxyproxy.com",
    "croxyproxy.rocks",
    "proxysite.com",
    "kproxy.com",
    "hide.me",
    "hidester.com",
    "12ft.io",
    "r.jina.ai",
    "corsproxy.io",
    "allorigins.win",
    "web2pdfconvert.com",
)
REVERSE_SEARCH = (
    "lens.google.com",
    "images.google.com/searchbyimage",
    "google.com/searchbyimage",
    "tineye.com",
    "saucenao.com",
    "iqdb.org",
    "ascii2d.net",
    "trace.moe",
    "karmadecay.com",
    "pimeyes.com",
    "facecheck.id",
    "search4faces.com",
)
REVERSE_NAMES = frozenset({"imgurl", "img_url", "image_url", "imageurl", "sbisrc", "cbir_id", "rpt"})
SEARCH_NAMES = frozenset(
    {"q", "query", "search", "s", "keyword", "keywords", "kw", "wd", "text", "stx", "sval", "term"}
)
SEARCH_PATH = re.compile(r"/(?:search|find|results?|검색)(?:[./?]|$)", re.IGNORECASE)
ADDRESS = re.compile(r"https?:/{1,2}[^/\s]|^//[\w-]+\.[\w.-]+/|^www\.[\w-]+\.\w", re.IGNORECASE)
PROXY_NAMES = frozenset({"__cpo", "cpo", "proxy", "browse", "web", "site", "mirror"})


@lru_cache(maxsize=16_384)
def echo(address: str, ours: frozenset[str] = frozenset()) -> str | None:
    """Return what an address is when it is no place of its own, None when it may be one.

    "mirror", "proxy", "reverse-search", "search" (results for an address or for one of our hosts), or "echo" (the
    address of another page inside its own). `ours` are hosts that we watch.
    """
    parts = urlsplit(address)
    host, path = (parts.hostname or "").removeprefix("www."), unquote(parts.path)
    query = [(name.lower(), unquote(value)) for name, value in parse_qsl(parts.query, keep_blank_values=True)]
    if _named(host, path, REVERSE_SEARCH) or _asks_for_picture(path, query):
        return "reverse-search"
    if _named(host, path, PROXIES):
        return "proxy"
    if _named(host, path, MIRRORS) or MIRROR_NAMES.match(host):
        return "mirror"
    if _searches_for_us(path, query, frozenset(ours)):
        return "search"
    if any(name in PROXY_NAMES and ADDRESS.search(value) for name, value in query):
        return "proxy"
    if ADDRESS.search(path.lstrip("/")) or any(ADDRESS.search(value) for _, value in query):
        return "echo"
    return None


def _named(host: str, path: str, known: tuple[str, ...]) -> bool:
    return any(path.startswith(below) for below in _paths_at(host, known))


@lru_cache(maxsize=4096)
def _paths_at(host: str, known: tuple[str, ...]) -> tuple[str, ...]:
    """Return the path prefixes under which a host is meant; a page's links lead to few hosts again and again."""
    split = (one.partition("/") for one in known)
    return tuple(f"/{below}" for name, _, below in split if host == name or host.endswith(f".{name}"))


def _asks_for_picture(path: str, query: list[tuple[str, str]]) -> bool:
    """A picture search with the picture to look for in its address."""
    names = {name for name, _ in query}
    searches = "image" in path.lower() or bool(SEARCH_PATH.search(path))
    return searches and bool(names & REVERSE_NAMES)


def _searches_for_us(path: str, query: list[tuple[str, str]], ours: frozenset[str]) -> bool:
    """Results of a search for an address: for ours, or for any."""
    for name, value in query:
        if name in SEARCH_NAMES and (ADDRESS.search(value) or any(host in value.lower() for host in ours)):
            return True
    return bool(SEARCH_PATH.search(path)) and any(host in path.lower() for host in ours)
