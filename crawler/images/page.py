"""One walk over a page that finds every picture on it and every link out of it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import chain
from typing import Any, Self

from crawler.images import css, head, text
from crawler.images.addresses import absolute, is_other_file
from crawler.images.collected import Collected
from crawler.images.elements import Elements, is_icon
from crawler.images.markup import Element, html_tree, local_name
from crawler.items import PictureCandidate

DEEPEST_FRAGMENT = 2
HTML_TEMPLATES = (
    "text/template",
    "text/html",
    "text/x-template",
    "text/x-handlebars-template",
    "text/ng-template",
)


@dataclass(frozen=True, slots=True)
class Seen:
    """What one page shows. `refusals` counts by reason what was left out: "icon", "vector", "bad-address", ...;
    `sheets` are the style sheets it links, `videos` the videos on it: their posters are among the pictures."""

    pictures: tuple[PictureCandidate, ...] = ()
    links: tuple[str, ...] = ()
    refusals: Mapping[str, int] = field(default_factory=dict)
    sheets: tuple[str, ...] = ()
    videos: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Return plain values, so that a worker can hand them over."""
        pictures = [picture.to_json() for picture in self.pictures]
        return {
            "pictures": pictures,
            "links": list(self.links),
            "refusals": dict(self.refusals),
            "sheets": list(self.sheets),
            "videos": list(self.videos),
        }

    @classmethod
    def from_json(cls, untrusted: Mapping[str, Any]) -> Self:
        """Rebuild from what a worker sent."""
        return cls(
            tuple(PictureCandidate.from_json(picture) for picture in untrusted["pictures"]),
            tuple(str(link) for link in untrusted["links"]),
            {str(reason): int(count) for reason, count in untrusted["refusals"].items()},
            tuple(str(sheet) for sheet in untrusted.get("sheets", ())),
            tuple(str(video) for video in untrusted.get("videos", ())),
        )


def see(untrusted: bytes | str, address: str, content_type: str = "") -> Seen:
    """Return the pictures and links of a page; raise Unreadable when it cannot be read safely.

    `address` is where the page came from (absolute), `content_type` the header's value, which may name a charset.
    Takes time in proportion to the page except for shapes nobody knows yet: call it in a killable worker.
    """
    return seen_in(html_tree(untrusted, content_type), address)


def seen_in(tree: Element | None, address: str) -> Seen:
    """Return the pictures and links of a page whose tree is made already (None: there is nothing in it)."""
    if tree is None:
        return Seen()
    collected = Collected(base_of(tree, address))
    walk = Walk(collected)
    walk.read(tree)
    links = () if walk.no_links else tuple(link for link in collected.links if not is_other_file(link))
    return Seen(collected.pictures, links, dict(collected.refusals), collected.sheets, collected.videos)


def see_sheet(untrusted: bytes, address: str) -> Seen:
    """Return the pictures that a style sheet names, and the sheets it takes in."""
    text, collected = untrusted.decode("utf-8-sig", "replace"), Collected(address)
    for found in css.addresses(text):
        collected.picture(found, "linked CSS")
    for found in css.imports(text):
        collected.sheet(found)
    return Seen(collected.pictures, (), dict(collected.refusals), collected.sheets)


def base_of(tree: Element, address: str) -> str:
    """What relative addresses stand on: the first <base href> that browsers would accept, else the page itself."""
    for element in tree.iter("base"):
        if element.get("href"):
            return absolute(address, element.get("href")) or address
    return address


class Walk:
    """Reads a tree, and the trees folded up inside it: noscript, templates, comments, srcdoc, text areas."""

    def __init__(self, collected: Collected, depth: int = 0) -> None:
        self.collected = collected
        self.elements = Elements(collected)
        self.depth = depth
        self.no_links = False

    def read(self, tree: Element) -> None:
        """Collect from every node of the tree, in document order."""
        for node in chain(tree.itersiblings(preceding=True), tree.iter(), tree.itersiblings()):
            tag = local_name(node)
            if not tag:
                self._folded(node.text)
            elif tag == "script":
                self._script(node)
            elif tag == "style":
                self._css(node.text, "<style>")
            else:
                self._element(node, tag)
            self._prose(node.tail)
        self.elements.end()

    def _element(self, node: Element, tag: str) -> None:
        if tag == "meta":
            head.meta(node, self.collected)
            self.no_links = self.no_links or head.forbids_following(node)
        elif tag == "link":
            head.link(node, self.collected)
        elif tag in ("iframe", "frame"):
            self.collected.link(node.get("src"))
            self._folded(node.get("srcdoc"))
        else:
            self.elements.read(node, tag)
        if node.get("itemprop") or node.get("property"):
            head.microdata(node, tag, self.collected)
        if node.get("style") and not is_icon(node):
            self._css(node.get("style"), "[style]")
        if tag in ("noscript", "textarea", "noembed", "noframes", "xmp", "iframe"):
            self._folded(node.text)
        else:
            self._prose(node.text)

    def _script(self, node: Element) -> None:
        kind, content = (node.get("type") or "").strip().lower(), node.text
        if not content:
            return
        if kind in HTML_TEMPLATES:
            self._folded(content)
            return
        place = "JSON-LD" if "ld+json" in kind else "script"
        if "json" in kind:
            self._add(text.json_pictures(content), place)
        else:
            self._add(text.named_pictures(content), place)
        self._add(text.picture_words(content), place)

    def _css(self, untrusted: str | None, place: str) -> None:
        if untrusted and "(" in untrusted:
            self._add(css.addresses(untrusted), place)
        if untrusted and place == "<style>" and "@import" in untrusted.lower():
            for address in css.imports(untrusted):
                self.collected.sheet(address)

    def _folded(self, untrusted: str | None) -> None:
        """HTML that lies in the page as text until a script unfolds it."""
        if not untrusted or "<" not in untrusted or self.depth >= DEEPEST_FRAGMENT:
            self._prose(untrusted)
            return
        tree = html_tree(untrusted)
        if tree is not None:
            inner = Walk(self.collected, self.depth + 1)
            inner.read(tree)

    def _prose(self, untrusted: str | None) -> None:
        """Addresses of picture files written out for people to copy."""
        if untrusted and "://" in untrusted:
            words = (word for word in text.picture_words(untrusted) if "://" in word)
            self._add(words, "text")

    def _add(self, addresses: Iterable[str], place: str) -> None:
        for address in addresses:
            self.collected.picture(address, place)
