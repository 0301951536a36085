"""Untrusted bytes -> a tree: the only place that opens HTML and XML. Meant to run in a killable worker.

lxml has shapes that cost it time out of all proportion (one tag of 100,000 attributes: 54 s); the scan below
refuses the known one in linear time, the worker's CPU limit ends the unknown ones.
"""

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any, TypeAlias

from lxml import etree  # type: ignore[import-untyped]
from w3lib.encoding import html_to_unicode

from crawler.images.errors import Unreadable

Element: TypeAlias = Any
"""An lxml element; lxml brings no types of its own."""

MOST_ATTRIBUTES = 2000
"""A tag with more attributes than this is an attack: real pages stay below 100."""

# One start tag as the WHATWG tokenizer reads it, quotes included. Every quantifier is possessive: no way back, linear.
TAG = re.compile(r"""<[a-zA-Z](?:[^>"'=]++|=\s*+(?:"[^"]*+"|'[^']*+')?+|["'])*+""")
ATTRIBUTE = re.compile(r"""[^\s/>=]++(?:\s*+=\s*+(?:"[^"]*+"|'[^']*+'|[^\s>]*+))?+""")
PAGE_END = re.compile(r"</(?:html|body)\b[^<>]{0,200}+>", re.IGNORECASE)
RAW_TEXT = re.compile(
    r"<!--.*?(?:-->|\Z)|<(script|style|textarea|title|xmp|iframe|noembed|noframes)\b.*?(?:</\1|\Z)",
    re.IGNORECASE | re.DOTALL,
)


def html_tree(untrusted: bytes | str, content_type: str = "") -> Element | None:
    """Return the root of a page however broken, None when nothing is in it; raise Unreadable for an attack."""
    text = untrusted if isinstance(untrusted, str) else html_text(untrusted, content_type)
    refuse_endless_tags(text)
    # What stands behind </html> is shown by browsers, and hidden from us by libxml2 in a second tree.
    data = PAGE_END.sub("", text.replace("\0", "\ufffd")).encode("utf-8", "replace")
    parser = _html_parser(huge=False)
    root = _parse(data, parser)
    if any("depth" in entry.message.lower() for entry in parser.error_log):
        # Browsers show what lies 300 boxes deep; libxml2 drops it and everything after unless asked like this.
        root = _parse(data, _html_parser(huge=True))
    return root


def html_text(untrusted: bytes, content_type: str = "") -> str:
    """Decode a page as a browser would: byte order mark, then header, then <meta>, then UTF-8 or Windows-1252."""
    _, text = html_to_unicode(
        content_type or None, untrusted, default_encoding="utf-8", auto_detect_fun=_utf8_or_cp1252
    )
    return text


def xml_tree(untrusted: bytes) -> Element:
    """Return the root of well-formed XML. Nothing is fetched and no entity is unfolded; raise Unreadable else."""
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, remove_comments=True
    )
    refuse_endless_tags(untrusted.decode("utf-8", "replace"))
    try:
        root = etree.fromstring(untrusted.lstrip(), parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise Unreadable("malformed-xml", f"This is not well-formed XML: {error}") from error
    if root is None:
        raise Unreadable("malformed-xml", "This is not well-formed XML: there is nothing in it.")
    return root


def local_name(element: Element) -> str:
    """The tag without its namespace, in lower case; "" for comments and processing instructions."""
    tag = element.tag
    return _local_name(tag) if isinstance(tag, str) else ""


@lru_cache(maxsize=1_024)
def _local_name(tag: str) -> str:
    return tag.rpartition("}")[2].lower()


def refuse_endless_tags(text: str) -> None:
    """Raise Unreadable when one tag has more than MOST_ATTRIBUTES attributes."""
    for tag in _long_tags(text):
        count = sum(1 for _ in zip(ATTRIBUTE.finditer(tag), range(MOST_ATTRIBUTES + 2), strict=False))
        if count > MOST_ATTRIBUTES + 1:  # the first is the tag's own name
            raise Unreadable("endless-tag", f"A tag has more than {MOST_ATTRIBUTES} attributes.")


def _long_tags(text: str) -> Iterator[str]:
    if len(text) < 2 * MOST_ATTRIBUTES:
        return
    for match in TAG.finditer(RAW_TEXT.sub(" ", text)):
        if match.end() - match.start() > 2 * MOST_ATTRIBUTES:
            yield match.group()


def _html_parser(*, huge: bool) -> Any:
    return etree.HTMLParser(encoding="utf-8", no_network=True, huge_tree=huge)


def _parse(data: bytes, parser: Any) -> Element | None:
    try:
        return etree.fromstring(data, parser)
    except etree.ParserError as error:
        raise Unreadable("malformed-html", f"This page could not be read: {error}") from error
    except etree.XMLSyntaxError:
        return None  # libxml2's word for "nothing in it"


def _utf8_or_cp1252(untrusted: bytes) -> str:
    try:
        untrusted.decode("utf-8")
    except UnicodeDecodeError as error:
        cut_short = error.reason == "unexpected end of data"
        return "utf-8" if cut_short else "cp1252"
    return "utf-8"
