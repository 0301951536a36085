"""Pictures named in CSS: url() and image-set() of backgrounds, borders, lists, masks, content, custom properties."""

import re
from collections.abc import Iterator

from crawler.images.addresses import FONT
from crawler.images.srcset import Size, best

COMMENT = re.compile(r"/\*.*?(?:\*/|\Z)", re.DOTALL)
ESCAPE = re.compile(r"\\(?:([0-9a-fA-F]{1,6})\s?|(\n)|(.))")
QUOTED = r"""\"((?:[^"\\]|\\.)*+)"|'((?:[^'\\]|\\.)*+)'"""
BARE = r"""((?:[^)\s"'(\\]|\\[0-9a-fA-F]{1,6}\s?+|\\.)*+)"""
URL = rf"""url\(\s*+(?:{QUOTED}|{BARE})\s*+(?:\)|\Z)"""
ONE_URL = re.compile(URL, re.IGNORECASE | re.DOTALL)
IMAGE_SET = re.compile(
    r"""image-set\(((?:[^()"']|"(?:[^"\\]|\\.)*+"|'(?:[^'\\]|\\.)*+'|\((?:[^()"']|"[^"]*+"|'[^']*+')*+\))*+)\)""",
    re.IGNORECASE,
)
CHOICE = re.compile(rf"""(?:{URL}|"([^"]++)"|'([^']++)')([^,]*+)""", re.IGNORECASE | re.DOTALL)
FONT_FACE = re.compile(r"@font-face\s*+\{[^}]*+(?:\}|\Z)", re.IGNORECASE)
IMPORT = re.compile(r"@import[^;]*+(?:;|\Z)", re.IGNORECASE)
IMPORTED = re.compile(rf"""@import\s*+(?:{URL}|"([^"]++)"|'([^']++)')""", re.IGNORECASE | re.DOTALL)
DENSITY = re.compile(r"(\d+(?:\.\d+)?)(x|dppx|dpi)", re.IGNORECASE)
LENGTH = re.compile(r"(?:^|[;\s{])(?:max-)?(width|height)\s*:\s*(\d+(?:\.\d+)?)px", re.IGNORECASE)


def addresses(untrusted: str) -> Iterator[str]:
    """Give the address of every picture a piece of CSS names; of an image-set only the best."""
    text = FONT_FACE.sub("", IMPORT.sub("", COMMENT.sub("", untrusted)))
    for found in IMAGE_SET.finditer(text):
        chosen = best(_choices(found[1]))
        if chosen:
            yield chosen
    for found in ONE_URL.finditer(IMAGE_SET.sub("", text)):
        address = _unescaped(_first(found.groups()))
        if address and not FONT.search(address):
            yield address


def imports(untrusted: str) -> Iterator[str]:
    """Give the address of every style sheet a piece of CSS takes in."""
    for found in IMPORT.finditer(COMMENT.sub("", untrusted)):
        quoted = IMPORTED.search(found[0])
        if quoted:
            yield _unescaped(_first(quoted.groups()))


def declared_pixels(untrusted_style: str) -> dict[str, float]:
    """Width and height that an inline style sets in px, when it does."""
    return {name.lower(): float(number) for name, number in LENGTH.findall(untrusted_style)}


def _choices(inside: str) -> Iterator[Size]:
    for found in CHOICE.finditer(inside):
        *quoted, rest = found.groups()
        density = DENSITY.search(rest or "")
        scale = float(density[1]) / (96 if density[2].lower() == "dpi" else 1) if density else 1.0
        yield Size(_unescaped(_first(quoted)), None, scale)


def _first(groups: tuple[str | None, ...] | list[str | None]) -> str:
    return next((group for group in groups if group), "")


def _unescaped(text: str) -> str:
    return ESCAPE.sub(_character, text).strip() if "\\" in text else text.strip()


def _character(found: re.Match[str]) -> str:
    if found[1]:
        code = int(found[1], 16)
        return chr(code) if 0 < code < 0x110000 and not 0xD800 <= code < 0xE000 else "\ufffd"
    return found[3] or ""
