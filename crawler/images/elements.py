"""Elements that show a picture by themselves: img, picture, video, SVG, object, embed, input, AMP."""

import re
from collections.abc import Callable

from crawler.images import attributes
from crawler.images.addresses import is_page_about_a_file, is_picture_file, is_video_file
from crawler.images.collected import Collected
from crawler.images.css import declared_pixels
from crawler.images.markup import Element, local_name
from crawler.images.srcset import Size, best, sizes
from crawler.images.text import picture_words

ICON = 64
"""Pixels. A picture declared smaller than this on both sides is an icon: no fingerprint could be made of it."""

UNDECODABLE = ("image/svg+xml", "image/jxl", "image/vnd.ms-photo")
PIXELS = re.compile(r"\s*(\d{1,5}(?:\.\d+)?)\s*(?:px)?\s*$")
XLINK = "{http://www.w3.org/1999/xlink}href"


class Elements:
    """Reads the elements of one page in document order; the sources of a <picture> wait for its img."""

    def __init__(self, collected: Collected) -> None:
        self.collected = collected
        self._waiting: list[Size] = []
        self._readers: dict[str, Callable[[Element], None]] = {
            "img": self.img,
            "amp-img": self.img,
            "amp-anim": self.img,
            "picture": self.picture,
            "video": self.video,
            "source": self.source,
            "image": self.image,
            "feimage": self.image,
            "object": self.object,
            "embed": self.embed,
            "input": self.input,
            "a": self.anchor,
            "area": self.anchor,
        }

    def read(self, element: Element, tag: str) -> None:
        """Collect the pictures of one element."""
        reader = self._readers.get(tag)
        if reader:
            reader(element)
        elif instead := attributes.lazy(element):
            self.collected.picture(instead, "lazy")
        attributes.read_all(element, self.collected)

    def img(self, element: Element) -> None:
        """One picture, the best address of it: a lazy loader's, the srcset's, else src."""
        collected, source = self.collected, element.get("src")
        instead = attributes.lazy(element)
        choices = self._sources_for(element) + list(sizes(element.get("srcset") or ""))
        if not instead and is_icon(element) and not any((size.width or 0) >= ICON for size in choices):
            collected.refusals["icon"] += 1
            return
        collected.picture(instead, "lazy")
        if instead and source and (is_icon(element) or attributes.is_placeholder(source, instead)):
            source = None
        if choices:
            if source:
                choices.append(Size(source))
            collected.picture(best(choices), "srcset")
        else:
            collected.picture(source, f"{local_name(element)}[src]")

    def picture(self, _element: Element) -> None:
        """A new <picture>: sources still waiting belong to one that had no img."""
        self.end()

    def video(self, element: Element) -> None:
        """A video; its poster is read with the attributes of all elements."""
        self.collected.video(element.get("src") or element.get("data-src"))

    def source(self, element: Element) -> None:
        """The sources of a <picture> wait for its img, which comes after them; those of a <video> are videos."""
        address = element.get("src") or element.get("data-src") or ""
        kind = (element.get("type") or "").strip().lower()
        if kind.startswith("video/") or (not kind and is_video_file(address)):
            self.collected.video(address)
            return
        self._waiting += _source_sizes(element)

    def end(self) -> None:
        """Sources that no img came for stand for themselves."""
        waiting, self._waiting = self._waiting, []
        self.collected.picture(best(waiting), "picture")

    def _sources_for(self, image: Element) -> list[Size]:
        """The sources before an img, when it lies in the same <picture> (libxml2 nests it in the last <source>)."""
        parent = image.getparent()
        if parent is None or local_name(parent) not in ("source", "picture"):
            self.end()
        waiting, self._waiting = self._waiting, []
        return waiting

    def image(self, element: Element) -> None:
        """SVG's <image> and <feImage>; outside SVG browsers read <image> as <img>."""
        if element.get("src") or element.get("srcset"):
            self.img(element)
        address = element.get("href") or element.get("xlink:href") or element.get(XLINK)
        self.collected.picture(address, "svg image")

    def object(self, element: Element) -> None:
        """<object data>: when it says or looks like a picture; a page inside is a link."""
        self._embedded(element, element.get("data"), "object[data]")

    def embed(self, element: Element) -> None:
        """<embed src>: as <object>."""
        self._embedded(element, element.get("src"), "embed[src]")

    def input(self, element: Element) -> None:
        """<input type=image>: a button made of a picture."""
        if (element.get("type") or "").strip().lower() == "image":
            if is_icon(element):
                self.collected.refusals["icon"] += 1
            else:
                self.collected.picture(element.get("src"), "input[src]")

    def anchor(self, element: Element) -> None:
        """A link to a picture file is a picture; a link to a page about one is a link."""
        address = element.get("href")
        if instead := attributes.lazy(element):
            self.collected.picture(instead, "lazy")
        if not address:
            return
        if address.lstrip()[:11].lower() == "javascript:":
            for word in picture_words(address):
                self.collected.picture(word, "a[href]")
            return
        if is_video_file(address):
            self.collected.video(address)
            return
        typed = (element.get("type") or "").lower().startswith("image/")
        if address[:5].lower() == "data:" or typed or _leads_to_file(address):
            self.collected.picture(address, "a[href]")
        else:
            self.collected.link(address)

    def _embedded(self, element: Element, address: str | None, place: str) -> None:
        kind = (element.get("type") or "").lower()
        if address and (kind.startswith("image/") or (not kind and is_picture_file(address))):
            self.collected.picture(address, place)
        elif address and kind in ("text/html", ""):
            self.collected.link(address)


def is_icon(element: Element) -> bool:
    """Is the picture declared too small to be worth a look? As in browsers, an inline style overrules attributes."""
    style = declared_pixels(element.get("style") or "") if element.get("style") else {}
    width = style.get("width", _pixels(element.get("width")))
    height = style.get("height", _pixels(element.get("height")))
    known = [side for side in (width, height) if side is not None]
    return bool(known) and max(known) < ICON


def _pixels(value: str | None) -> float | None:
    found = PIXELS.match(value) if value else None
    return float(found[1]) if found else None


def _leads_to_file(address: str) -> bool:
    return is_picture_file(address.partition("?")[0]) and not is_page_about_a_file(address)


def _source_sizes(source: Element) -> list[Size]:
    if (source.get("type") or "").strip().lower() in UNDECODABLE:
        return []
    named = next((source.get(name) for name in ("srcset", *attributes.LAZY_SETS) if source.get(name)), None)
    if named:
        return list(sizes(named))
    alone = source.get("src") or source.get("data-src") or ""
    return [Size(alone)] if is_picture_file(alone) else []
