"""Pages whose scripts suggest more pictures than they show as sent: an estimate from their text, without running them.

Cheap and cautious: it decides only whether a page is worth one of the few renderings a crawl may spend. Whether that
was right is measured afterwards and remembered for the target (crawler.rendering).
"""

import re

from crawler.images.markup import html_text
from crawler.places.recognised import LIKELY, Sign

KIND = "rendered"
MANY = 8
LOOKED_AT = 1_000_000
ROOT = re.compile(
    r"<(?P<tag>div|main|section)\b[^>]{0,300}\bid=[\"']?(?:root|app|__next|__nuxt|___gatsby|svelte|main-app|react-root)\b"
    r"[^>]{0,300}>\s{0,200}(?:<!--[^>]{0,200}-->\s{0,200})?</(?P=tag)>|<app-root\b[^>]{0,300}>\s{0,200}</app-root>",
    re.IGNORECASE,
)
NEEDED = re.compile(
    r"<noscript\b[^>]{0,100}>[^<]{0,200}(?:<[^>]{0,100}>[^<]{0,200}){0,4}"
    r"(?:enable|requires?|need|turn on)[^<]{0,60}JavaScript",
    re.IGNORECASE,
)
SCRIPT = re.compile(r"<script\b([^>]{0,500})>(.*?)</script", re.IGNORECASE | re.DOTALL)
MAKES = re.compile(
    r"createElement\(\s{0,9}[\"'`]img|new\s{1,9}Image\b|[\"'`+]\s{0,9}<img\b|<img\s[^>]{0,200}\$\{", re.IGNORECASE
)
LOADS = re.compile(
    r"\bfetch\(|XMLHttpRequest|axios|\$\.(?:get|ajax|getJSON)|IntersectionObserver|infinite", re.IGNORECASE
)
EMPTY = re.compile(
    r"class=[\"'][^\"']{0,200}\b(?:skeleton|placeholder-image|infinite-scroll|lazy-container|loading-spinner)\b",
    re.IGNORECASE,
)


def suggested(page: str) -> int:
    """Return how many pictures a page's scripts suggest beyond its markup: 0 for none, MANY for an empty shell."""
    text = page[:LOOKED_AT]
    if ROOT.search(text) or NEEDED.search(text):
        return MANY
    scripts = [code for attributes, code in SCRIPT.findall(text) if "json" not in attributes.lower()]
    making = sum(len(MAKES.findall(code)) for code in scripts)
    if making and any(LOADS.search(code) for code in scripts):
        return MANY
    return min(making + len(EMPTY.findall(text)), MANY)


def job(untrusted: bytes, *, content_type: str = "") -> int:
    """`suggested`, for the spiders of pages."""
    return suggested(html_text(untrusted, content_type))


def recognise(_address: str, page: str) -> Sign | None:
    """A page that is an empty shell until its scripts have run."""
    if suggested(page) >= MANY and len(re.findall(r"<img\b", page, re.IGNORECASE)) < MANY:
        return Sign(LIKELY, "its pictures appear only through scripts")
    return None
