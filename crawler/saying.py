"""What a page says about itself, as a few slugs: is it a wall, a check, a closed border, or "this was removed"?

Runs in a killable worker. The words of the page stay there: only slugs, a length and a digest come out. Korean and
English. A phrase counts where it is what the page is about - in a short page, or at the head of a long one - and
not in the tenth comment of a thread.
"""

import hashlib
import re
import tomllib
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

from crawler.images.markup import Element, html_text, html_tree, local_name

SHORT = 1_200  # signs of visible text; longer pages are about something else than a refusal
TEXT_LIMIT = 200_000
UNSEEN = frozenset({"script", "style", "template", "head", "svg", "iframe"})


def _patterns() -> dict[str, re.Pattern[str]]:
    """Read saying.toml: one pattern for each slug, from its phrases in all languages."""
    phrases = tomllib.loads((files("crawler") / "saying.toml").read_text(encoding="utf-8"))
    return {
        slug: re.compile("|".join(each for words in languages.values() for each in words), re.IGNORECASE)
        for slug, languages in phrases.items()
    }


PATTERNS = _patterns()

MARKS: dict[str, re.Pattern[str]] = {  # what the markup gives away where the words may not
    "challenge": re.compile(
        r"_cf_chl_opt|/cdn-cgi/challenge-platform|cf-turnstile|g-recaptcha|h-captcha|_Incapsula_Resource|gokuProps"
        r"|AwsWafIntegration|window\.KPSDK|geo\.captcha-delivery\.com|kcaptcha|ddos-guard",
    ),
    "password-form": re.compile(r"<input[^>]{0,300}type\s?=\s?[\"']?password", re.IGNORECASE),
}
SHELL = re.compile(
    r"enable javascript|need to enable|자바스크립트를|javascript is (?:disabled|required)", re.IGNORECASE
)
ROOTS = re.compile(r"""<(?:div|main)[^>]{0,200}id=["']?(?:root|app|__next|__nuxt|gatsby)\b|<app-root""", re.IGNORECASE)
STEERING = re.compile(r"location\.(?:reload|replace|href)|location\s?=|http-equiv=[\"']?refresh", re.IGNORECASE)
ALERT = re.compile(r"""alert\(\s*(["'])(.{1,500}?)\1""", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Said:
    """What one page says: slugs, how many signs can be read, and the SHA-256 of its visible text (hex)."""

    says: tuple[str, ...] = ()
    length: int = 0
    digest: str = ""

    def to_json(self) -> dict[str, Any]:
        """Return plain values, so that a worker can hand them over."""
        return {"says": list(self.says), "length": self.length, "digest": self.digest}


def said(untrusted: bytes, content_type: str = "") -> Said:
    """Return what an HTML page says; raise Unreadable when it cannot be read safely."""
    source = html_text(untrusted, content_type)[: TEXT_LIMIT * 5]
    tree = html_tree(source)
    if tree is None:
        return Said(digest=_digest(""))
    shown = visible(tree)
    alerts = " ".join(words for _, words in ALERT.findall(source)) if len(shown) <= SHORT else ""
    about = " ".join((shown, alerts, _folded(tree))) if len(shown) <= SHORT else _heading(tree)
    found = {slug for slug, pattern in PATTERNS.items() if pattern.search(_plain(about))}
    found |= {slug for slug, pattern in MARKS.items() if len(shown) <= SHORT and pattern.search(source)}
    return Said(tuple(sorted(found | _making(source, shown))), len(shown), _digest(shown))


def visible(tree: Element) -> str:
    """Return the text a reader sees, title first, in one line."""
    parts = [_title(tree)]
    hidden = 0
    for event, node in _events(tree):
        if not isinstance(node.tag, str):
            continue
        out = local_name(node) in UNSEEN or local_name(node) == "noscript"
        if event == "start":
            hidden += out
            if not hidden and node.text:
                parts.append(node.text)
        else:
            hidden -= out
            if not hidden and node.tail:
                parts.append(node.tail)
    return " ".join(" ".join(parts).split())[:TEXT_LIMIT]


def _events(tree: Element) -> Any:
    from lxml import etree  # type: ignore[import-untyped]

    return etree.iterwalk(tree, events=("start", "end"))


def _title(tree: Element) -> str:
    return next((" ".join(node.itertext()) for node in tree.iter("title")), "")


def _heading(tree: Element) -> str:
    """What a long page is about: its title and first heading."""
    first = next((" ".join(node.itertext()) for node in tree.iter("h1")), "")
    return f"{_title(tree)} {first}"[:400]


def _folded(tree: Element) -> str:
    """What a short page shows those without scripts: boards put their refusals there."""
    return " ".join(" ".join(node.itertext()) for node in tree.iter("noscript"))[:SHORT]


def _making(source: str, shown: str) -> set[str]:
    """Slugs of how the page is made: a shell that a script fills, or a page that only leads elsewhere."""
    made = set()
    if len(shown) <= 200 and (ROOTS.search(source) or SHELL.search(source)):
        made.add("shell")
    if len(shown) <= 200 and STEERING.search(source):
        made.add("steers")
    return made


def _plain(text: str) -> str:
    return " ".join(text.replace("’", "'").split())


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()
