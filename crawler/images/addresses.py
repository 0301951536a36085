"""Addresses found in markup: joined as browsers join them, and judged by their look alone."""

import re
from functools import lru_cache

import ada_url

PICTURE_ENDINGS = "jpe?g|jpe|jfif|pjpeg|png|apng|gif|webp|avif|heic|heif|jxl|jp2|bmp|tiff?"
PICTURE_FILE = re.compile(rf"\.(?:{PICTURE_ENDINGS})(?:[-_][a-z0-9]{{1,12}})?(?=$|[?#!:&;@])", re.IGNORECASE)
"""A picture's ending, also before ?query, #fragment, and the :large or !small of image services."""

VIDEO_FILE = re.compile(r"\.(?:mp4|m4v|webm|mov)(?=$|[?#])", re.IGNORECASE)
"""Containers that the extra `video` can open."""

OTHER_FILE = re.compile(
    r"\.(?:zip|rar|7z|gz|bz2|xz|tar|iso|exe|dmg|apk|msi|deb|rpm|pdf|docx?|xlsx?|pptx?|csv|epub|mp3|ogg|wav|flac|m4a"
    r"|mp4|m4v|webm|mov|avi|mkv|mpe?g|css|js|mjs|json|wasm|woff2?|ttf|otf|eot|ico|svgz?|map|torrent)(?=$|[?#])",
    re.IGNORECASE,
)
VECTOR = re.compile(r"\.svgz?(?=$|[?#])", re.IGNORECASE)
FONT = re.compile(r"\.(?:woff2?|ttf|otf|eot|css)(?=$|[?#])|^#", re.IGNORECASE)
TEMPLATE = re.compile(r"\{\{|\$\{|<%|\{%|%%|\[\[")
WIDTH_SLOT = re.compile(r"\{(?:width|w|size)\}", re.IGNORECASE)
WIKI_FILE_PAGE = re.compile(r"(?:/|=)[A-Za-z\u00c0-\uffff%0-9_]{2,40}:[^/]+$")

LONGEST = 4096
"""Characters. Longer addresses are refused: no server we know answers them."""


@lru_cache(maxsize=4_096)
def absolute(base: str, untrusted: str) -> str | None:
    """Join as WHATWG says (ada); None unless it is a usable http(s) address. The fragment is dropped.

    What came out is kept: each link of a page is asked for twice, for its pictures and for where it leads.
    """
    address = WIDTH_SLOT.sub("1280", untrusted.strip())
    if not address or len(address) > LONGEST or TEMPLATE.search(address):
        return None
    try:
        url = ada_url.URL(address, base=base)
    except ValueError:
        return None
    found = str(url.href).partition("#")[0]
    if not found.startswith(("http://", "https://")) or not url.hostname:
        return None
    return None if "@" in found and (url.username or url.password) else found


def is_picture_file(untrusted: str) -> bool:
    """Does the address end like a picture file? Says nothing about what the server would send."""
    return len(untrusted) <= LONGEST and PICTURE_FILE.search(untrusted) is not None


def is_video_file(untrusted: str) -> bool:
    """Does the address end like a video file that we could look into?"""
    return len(untrusted) <= LONGEST and VIDEO_FILE.search(untrusted) is not None


def is_page_about_a_file(untrusted: str) -> bool:
    """Wikis show .../File:Name.jpg as a page about the picture, not as the picture."""
    path = untrusted.partition("?")[0].partition("//")[2] or untrusted
    return WIKI_FILE_PAGE.search("/" + path.partition("/")[2]) is not None


def is_other_file(untrusted: str) -> bool:
    """Does the address end like a file that is neither page nor picture (archive, video, script, font)?"""
    return OTHER_FILE.search(untrusted) is not None
