"""Pictures named in plain text: scripts, JSON, odd attributes, comments, and addresses written out in prose."""

import html
import json
import re
from collections.abc import Iterator
from typing import Any

from crawler.images.addresses import is_picture_file

TOKEN = re.compile(r"""[^\s"'`<>()\\|]++""")
SLASH = re.compile(r"\\+(?:/|[uU]002[fF]|x2[fF])")
ESCAPED = re.compile(r"\\+(?:u|x)(?:00)?([2-7][0-9a-fA-F])")
SCHEME = re.compile(r"(?:https?:)?//", re.IGNORECASE)
LONGEST_SCRIPT = 4_000_000

PICTURE_WORD = re.compile(
    r"(?:^|[_\-.:@])(?:image|images|img|imgs|imageurl|photo|photos|photourl|pic|pics|picture|pictures|thumbnail"
    r"|thumbnails|thumb|thumbs|thumbnailurl|thumburl|poster|cover|avatar|display|original|contenturl|src|srcset"
    r"|media|preview|banner|background|fullsize|hires)(?:$|[_\-.:@]|url|src|uri)",
    re.IGNORECASE,
)
NAMED_VALUE = re.compile(
    r"""["']?([A-Za-z_$][\w$-]{1,40})["']?\s*+:\s*+(?:\{\s*+["']?(?:url|src|uri|href)["']?\s*+:\s*+)?"""
    r"""["']((?:https?:)?//[^"'\s<>\\]{4,2048})["']"""
)
CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


def picture_words(untrusted: str) -> Iterator[str]:
    """Give every word of a text that ends like a picture file: paths and addresses, JSON and URL escapes undone."""
    for token in TOKEN.findall(readable(untrusted[:LONGEST_SCRIPT])):
        word = token.strip(",;.[]{}")
        if "." in word and is_picture_file(word):
            yield _address_in(word)


def named_pictures(untrusted: str) -> Iterator[str]:
    """Give addresses without a picture's ending that a script keeps under a picture's name: {"thumbnail": "https://…"}."""
    for name, address in NAMED_VALUE.findall(readable(untrusted[:LONGEST_SCRIPT])):
        if is_picture_name(name):
            yield address


def json_pictures(untrusted: str) -> Iterator[str]:
    """Give the picture addresses of a JSON text, by the names they are kept under; nothing when it is not JSON."""
    try:
        tree = json.loads(_stripped(untrusted[:LONGEST_SCRIPT]))
    except (ValueError, RecursionError):
        return
    waiting: list[tuple[Any, bool]] = [(tree, False)]
    while waiting:
        node, meant = waiting.pop()
        if isinstance(node, str):
            if (meant and SCHEME.match(node)) or (is_picture_file(node) and " " not in node.strip()):
                yield node
        elif isinstance(node, list):
            waiting.extend((child, meant) for child in reversed(node))
        elif isinstance(node, dict):
            waiting.extend(_children(node, meant))


def readable(text: str) -> str:
    r"""Undo the escapes that hide addresses: \/ \u002F \u0026 &amp;."""
    if "\\" in text:
        text = SLASH.sub("/", text)
        text = ESCAPED.sub(lambda found: chr(int(found[1], 16)), text)
    return html.unescape(text) if "&" in text else text


def is_picture_name(name: str) -> bool:
    """Would a programmer keep a picture under this name? thumbnailUrl, og_image, displaySrc: yes; url, link: no."""
    return PICTURE_WORD.search(CAMEL.sub("_", name)) is not None


def _children(node: dict[str, Any], meant: bool) -> Iterator[tuple[Any, bool]]:
    kind = str(node.get("@type", ""))
    here = meant or kind in ("ImageObject", "Photograph", "Image")
    for name, child in reversed(node.items()):
        if name == "@context":
            continue
        own = is_picture_name(name)
        inherits = here and (isinstance(child, list | dict) or name in ("url", "src", "href", "uri", "@id"))
        yield child, own or inherits


def _address_in(token: str) -> str:
    """Cut the name that is glued to an address: `url=https://…`."""
    if SCHEME.match(token):
        return token
    for separator in ("=", ",", ":{", ":"):
        head, found, tail = token.partition(separator)
        if found and "/" not in head and SCHEME.match(tail):
            return tail
    return token


def _stripped(text: str) -> str:
    """JSON as it lies in pages: in CDATA, in comments, with a semicolon behind it."""
    text = text.strip()
    for opening, closing in (("//<![CDATA[", "//]]>"), ("<![CDATA[", "]]>"), ("<!--", "-->")):
        if text.startswith(opening):
            text = text[len(opening) :].removesuffix(closing).strip()
    return text.rstrip(";")
