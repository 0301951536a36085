"""Pictures and links a page names for machines: meta tags, link elements, microdata."""

import re

from crawler.images.addresses import is_picture_file, is_video_file
from crawler.images.collected import Collected
from crawler.images.elements import ICON
from crawler.images.markup import Element
from crawler.images.srcset import best, sizes

PICTURE_META = re.compile(
    r"(?:^|[:._-])(?:image|images|thumbnail|thumbnailurl|img|photo|picture)\d*(?=$|:)", re.IGNORECASE
)
VIDEO_META = re.compile(r"^(?:og:video(?::(?:secure_)?url)?|twitter:player:stream)$", re.IGNORECASE)
META_DETAIL = re.compile(r":(?:width|height|type|alt|user_generated|identifier)$", re.IGNORECASE)
MICRODATA = frozenset(
    ("image", "thumbnailurl", "contenturl", "photo", "primaryimageofpage", "thumbnail", "associatedmedia")
)
REFRESH = re.compile(r"[;,]\s*url\s*=\s*[\"']?([^\"'\s]+)", re.IGNORECASE)
DECLARED_SIZE = re.compile(r"(\d{1,5})x(\d{1,5})", re.IGNORECASE)
FOLLOWED = frozenset(("next", "prev", "previous", "first", "last", "up", "amphtml", "canonical"))


def meta(element: Element, collected: Collected) -> None:
    """og:image, twitter:image and their kin; <meta http-equiv=refresh> as a link."""
    content = element.get("content")
    if not content:
        return
    name = (element.get("property") or element.get("name") or element.get("itemprop") or "").strip()
    if (element.get("http-equiv") or "").lower() == "refresh":
        found = REFRESH.search(content)
        collected.link(found[1] if found else None)
    elif VIDEO_META.search(name) and is_video_file(content):
        collected.video(content)
    elif _names_a_picture(name) and ("/" in content or is_picture_file(content)):
        collected.picture(content, name.lower()[:40])


def link(element: Element, collected: Collected) -> None:
    """<link>: image_src, preloaded pictures, icons large enough to be a picture, and pages that lead on."""
    relations = frozenset((element.get("rel") or "").lower().split())
    address = element.get("href")
    if element.get("imagesrcset"):
        collected.picture(best(sizes(element.get("imagesrcset"))), "link[imagesrcset]")
    elif "stylesheet" in relations:
        collected.sheet(address)
    elif relations & {"image_src", "thumbnail"}:
        collected.picture(address, "link[rel=image_src]")
    elif _is_preloaded_picture(element, relations):
        collected.picture(address, "link[rel=preload]")
    elif any("icon" in relation for relation in relations):
        _icon(element, collected)
    elif (element.get("itemprop") or "").lower() in MICRODATA:
        collected.picture(address, "microdata")
    elif relations & FOLLOWED:
        collected.link(address)


def microdata(element: Element, tag: str, collected: Collected) -> None:
    """itemprop and property (RDFa) that say "this is the picture", on elements which are not pictures by themselves."""
    meant = (element.get("itemprop") or element.get("property") or "").lower().rpartition(":")[2].split()
    if tag in ("img", "meta", "link") or not MICRODATA.intersection(meant):
        return
    for name in ("content", "href", "src", "resource", "data"):
        if element.get(name):
            collected.picture(element.get(name), "microdata")
            return


def forbids_following(element: Element) -> bool:
    """Does this <meta> ask robots not to follow links?"""
    if (element.get("name") or "").strip().lower() != "robots":
        return False
    return bool({"nofollow", "none"} & {word.strip() for word in (element.get("content") or "").lower().split(",")})


def _names_a_picture(name: str) -> bool:
    if not name or META_DETAIL.search(name):
        return False
    return PICTURE_META.search(name) is not None or name.lower() in MICRODATA


def _is_preloaded_picture(element: Element, relations: frozenset[str]) -> bool:
    kind = (element.get("as") or "").lower()
    return bool(relations & {"preload", "prefetch", "enclosure"}) and (
        kind == "image" or (element.get("type") or "").lower().startswith("image/")
    )


def _icon(element: Element, collected: Collected) -> None:
    sizes_declared = DECLARED_SIZE.findall(element.get("sizes") or "")
    if any(min(int(width), int(height)) >= 2 * ICON for width, height in sizes_declared):
        collected.picture(element.get("href"), "link[rel=icon]")
    else:
        collected.refusals["icon"] += 1
