"""Attributes that hold a picture: what lazy loaders, zooms and sliders keep beside src."""

from collections.abc import Iterator

from crawler.images.addresses import is_picture_file
from crawler.images.collected import Collected
from crawler.images.css import addresses
from crawler.images.markup import Element
from crawler.images.srcset import best, sizes
from crawler.images.text import picture_words


def _names(text: str) -> tuple[str, ...]:
    return tuple(text.split())


# The same picture at several sizes, best first: of these only the first one present counts.
FULL_SIZE = _names(
    "data-orig-file data-large_image data-large-file data-zoom-image data-zoom-src data-zoom"
    " data-magnify-src data-hires data-hi-res-src data-highres data-full data-full-src data-full-url"
    " data-fullsize data-src-full data-large data-large-src data-src-large data-original-src data-original"
    " data-original-image data-big data-mfp-src data-flickr-original data-retina data-src-retina"
    " data-src2x data-at2x zoomfile"
)
LAZY_SETS = _names(
    "data-srcset data-lazy-srcset data-original-set data-original-srcset data-bgset data-src-set"
    " data-ll-srcset data-imgsrcset lazy-srcset"
)
LAZY = _names(
    "data-src data-lazy-src data-lazy data-lazyload data-lazy-load data-ll-src data-echo data-img"
    " data-image data-img-src data-img-url data-image-src data-image-url data-imgsrc data-real-src"
    " data-realsrc data-actualsrc data-actual-src data-source data-src-url data-url-src data-delayed-url"
    " data-deferred-src data-defer-src data-async-src data-load-src data-flickity-lazyload"
    " data-flickity-lazyload-src data-splide-lazy data-glide-src data-cfsrc data-ezsrc data-pin-media"
    " data-runner-src data-ks-lazyload data-lazysrc data-ratio-src data-srcs data-i data-s data-thumb"
    " data-thumbnail data-thumb-src data-medium-file data-medium data-small data-preview lazy-src lazysrc"
    " lazyload original file data-file loadsrc real_src realsrc"
)
BACKGROUNDS = _names(
    "data-bg data-background data-background-image data-bg-image data-bg-src data-bg-url"
    " data-background-src data-background-url data-lazy-bg data-lazy-background data-bg-img"
    " data-parallax-image data-image-background data-bgimage data-setbg data-vide-bg background"
)
POSTERS = ("poster", "data-poster", "data-video-poster", "data-poster-src", "thumbnail")
LEGACY = ("lowsrc", "dynsrc")
LOADERS = frozenset((*FULL_SIZE, *LAZY_SETS, *LAZY))
KNOWN = frozenset((*FULL_SIZE, *LAZY_SETS, *LAZY, *BACKGROUNDS, *POSTERS, *LEGACY))
READ_ELSEWHERE = frozenset(
    ("src", "srcset", "href", "style", "srcdoc", "content", "data", "alt", "title", "imagesrcset")
)
PLACEHOLDER = (
    "blank",
    "spacer",
    "placeholder",
    "transparent",
    "loading",
    "1x1",
    "pixel.",
    "dummy",
    "grey.",
    "gray.",
)


def lazy(element: Element) -> str | None:
    """The best address a lazy loader or zoom would put in place of src; None when there is none."""
    if LOADERS.isdisjoint(element.keys()):
        return None
    get = element.get
    for name in FULL_SIZE:
        if plausible(get(name)):
            return str(get(name))
    for name in LAZY_SETS:
        if get(name) and (address := best(sizes(get(name)))):
            return address
    return next((str(get(name)) for name in LAZY if plausible(get(name))), None)


def plausible(value: str | None) -> bool:
    """Could this attribute be an address at all? Loaders also keep "true", "lazy", numbers and ids there."""
    if not value:
        return False
    text = value.strip()
    return is_picture_file(text) or (("/" in text or text[:5].lower() == "data:") and " " not in text and len(text) > 4)


def is_placeholder(source: str, instead: str) -> bool:
    """Is this src only what is shown until the lazy picture arrives?"""
    lowered = source.strip().lower()
    if lowered.startswith("data:") or any(word in lowered for word in PLACEHOLDER):
        return True
    return lowered.partition("?")[0] == instead.strip().lower().partition("?")[0]


def read_all(element: Element, collected: Collected) -> None:
    """Collect from every attribute that is not read by its element's own rule."""
    for name, value in element.items():
        if name in READ_ELSEWHERE or not value:
            continue
        if name in BACKGROUNDS:
            for address in _background(value):
                collected.picture(address, f"[{name}]")
        elif name in LEGACY or (name in POSTERS and plausible(value)):
            collected.picture(value, f"[{name}]")
        elif name not in KNOWN and "." in value:
            for word in picture_words(value):
                collected.picture(word, "attribute")


def _background(value: str) -> Iterator[str]:
    if "url(" in value.lower() or "image-set(" in value.lower():
        yield from addresses(value)
    elif plausible(value) and not value.startswith("#"):
        yield value
