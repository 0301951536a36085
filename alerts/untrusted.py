"""Text that others wrote, made harmless for one line of a letter: it can be read and do nothing else."""

import unicodedata

import ada_url

ADDRESS_LIMIT = 4_000  # characters; longer ones are no use to a reader and hide things
LINE_LIMIT = 2_000
# Signs that reorder, hide or break what stands around them: controls, surrogates, private use, unassigned,
# format signs (bidirectional marks, zero width, tags), line and paragraph separators.
HARMFUL = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
COMBINING_RUN = 4  # more marks on one letter than any living language needs: text piled over the neighbours


def one_line(untrusted: str, limit: int = LINE_LIMIT) -> str:
    """Return one plain line: no control, format or bidirectional sign, cut at `limit` characters."""
    kept: list[str] = []
    marks = 0
    for sign in untrusted[: limit * 4]:
        category = unicodedata.category(sign)
        marks = marks + 1 if category.startswith("M") else 0
        if category in HARMFUL:
            kept.append(" ")
        elif marks <= COMBINING_RUN:
            kept.append(sign)
    line = " ".join("".join(kept).split())
    return line if len(line) <= limit else line[: limit - 1] + "…"


def address_line(untrusted: str | None) -> str | None:
    """Return a web address as browsers read it, in printable ASCII, or None when no letter should hold it.

    Only http and https: a data: address would carry the picture itself into the letter. A name and password
    in front of the host are dropped, since they make one host look like another.
    """
    if untrusted is None or len(untrusted) > ADDRESS_LIMIT:
        return None
    try:
        url = ada_url.URL(untrusted)
    except ValueError:
        return None
    if url.protocol not in ("http:", "https:") or not url.hostname:
        return None
    url.username = ""
    url.password = ""
    href = str(url.href)
    if len(href) > ADDRESS_LIMIT or not (href.isascii() and href.isprintable()) or " " in href:
        return None
    return href


def host_line(untrusted: str | None) -> str | None:
    """Return the host of a web address as browsers read it (ASCII, lower case), or None."""
    href = address_line(untrusted)
    return str(ada_url.URL(href).hostname) if href else None
