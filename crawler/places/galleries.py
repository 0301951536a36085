"""Photo galleries: Piwigo through its web service or its pages, Coppermine through its pages.

Source: piwigo.org, web API "pwg.categories.getImages"; the pages of Piwigo 14 and of Coppermine 1.6.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import ada_url

from crawler.images import Unreadable
from crawler.images.addresses import absolute
from crawler.images.collected import Collected
from crawler.images.markup import Element, html_text, html_tree
from crawler.images.page import Walk, base_of
from crawler.images.srcset import Size, best
from crawler.places import fields
from crawler.places.answers import Answer, Asked, Further, Post, post
from crawler.places.recognised import SURE, Sign

KIND = "galleries"
REFUSALS = {
    "not-a-gallery": "The page is of no gallery style we know (Piwigo, Coppermine). Use the kind pages.",
    "gallery-says-no": "The gallery's web service refuses to list its pictures. Read its pages instead: "
    "--option by=pages.",
}
A_PAGE = 100
LIST = "format=json&method=pwg.categories.getImages&recursive=true&order=date_available%20desc"


@dataclass(frozen=True, slots=True)
class Style:
    """One gallery software: `says` are words of its pages, `lists` and `picture` match path and query of its links."""

    says: tuple[str, ...]
    lists: re.Pattern[str]
    picture: re.Pattern[str]
    shown: frozenset[str]
    """Id or class of the one picture that a picture's own page is about."""
    keeps: frozenset[str]


STYLES: Mapping[str, Style] = {
    "piwigo": Style(
        says=('content="Piwigo', ">Piwigo</a>", "Powered by Piwigo"),
        lists=re.compile(r"/index\.php\?/categor(?:y|ies)\b[^#?&]*$|/index/categor(?:y|ies)\b[^#?]*$"),
        picture=re.compile(r"/picture(?:\.php\?)?/\d+[^#?&]*$"),
        shown=frozenset(("theMainImage",)),
        keeps=frozenset(),
    ),
    "coppermine": Style(
        says=("Coppermine Photo Gallery", "Coppermine"),
        lists=re.compile(r"/(?:index\.php\?(?:[^#]*&)?cat=\d|thumbnails\.php\?(?:[^#]*&)?album=\d)"),
        picture=re.compile(r"/displayimage\.php\?(?:[^#]*&)?pid=\d"),
        shown=frozenset(("image", "fullsize_image")),
        keeps=frozenset(("cat", "album", "pid", "page")),
    ),
}


def recognise(_address: str, page: str) -> Sign | None:
    """A page that names its gallery software."""
    for name, style in STYLES.items():
        if any(word in page for word in style.says):
            return Sign(SURE, f"it says that it is a gallery of {name}")
    return None


def read(untrusted: bytes, asked: Asked) -> Answer:
    """Read a gallery's pages, or a page of Piwigo's list; raise Unreadable ("not-a-gallery", "gallery-says-no")."""
    if "ws.php" in asked.address:
        return _piwigo_list(fields.tree(untrusted), asked)
    page = html_text(untrusted, asked.content_type)
    name = next((name for name, style in STYLES.items() if any(word in page for word in style.says)), "")
    tree = html_tree(page)
    if not name or tree is None:
        raise Unreadable("not-a-gallery", REFUSALS["not-a-gallery"])
    if name == "piwigo" and asked.options.get("by") != "pages":
        return Answer(further=(Further(_web_service(asked.address)),))
    return _page(tree, asked.address, STYLES[name])


def _page(tree: Element, address: str, style: Style) -> Answer:
    """A list leads to lists and pictures; the page of a picture shows that one."""
    further = tuple(_further(tree, address, style))
    if not style.picture.search(_route(address)):
        return Answer(further=further)
    collected = Collected(base_of(tree, address))
    about = [
        image for image in tree.iter("img") if style.shown & {image.get("id"), *(image.get("class") or "").split()}
    ]
    for image in about:
        collected.picture(image.get("src"), "the picture")
    if not about:
        Walk(collected).read(tree)
    return Answer((post(address, collected),), further)


def _names(image: Element) -> set[str]:
    return {image.get("id") or "", *(image.get("class") or "").split()}


def _further(tree: Element, address: str, style: Style) -> Iterator[Further]:
    base, met = base_of(tree, address), {address}
    for link in tree.iter("a", "link"):
        url = absolute(base, link.get("href") or "")
        url = _one_address(url, style) if url else None
        is_picture = bool(url and style.picture.search(_route(url)))
        if url and url not in met and (is_picture or style.lists.search(_route(url))):
            met.add(url)
            # Through a gallery one goes by paging: the target's budget ends it, not its depth.
            yield Further(url, priority=0 if is_picture else 10)


def _route(url: str) -> str:
    parts = ada_url.URL(url)
    return f"{parts.pathname}{parts.search}"


def _one_address(url: str, style: Style) -> str:
    parts = ada_url.URL(url)
    words = str(parts.search).removeprefix("?").split("&")
    kept = [word for word in words if word and ("=" not in word or word.partition("=")[0] in style.keeps)]
    if any(word.startswith("pid=") for word in kept):
        kept = [word for word in kept if word.startswith("pid=")]
    parts.search, parts.hash = "&".join(sorted(kept)), ""
    return str(parts.href)


def _web_service(address: str) -> str:
    """Piwigo's list of all pictures that a visitor may see, from the gallery's folder on."""
    folder = re.sub(r"(?:index|picture)(?:\.php)?(?:/.*)?$", "", str(ada_url.URL(address).pathname))
    folder = folder if folder.endswith("/") else f"{folder}/"
    url = ada_url.URL(address)
    url.pathname = f"{folder}ws.php"
    url.search = f"{LIST}&per_page={A_PAGE}&page=0"
    return str(url.href)


def _piwigo_list(found: fields.Node, asked: Asked) -> Answer:
    images = fields.at(found, "result", "images")
    if fields.text(found, "stat") != "ok" or not isinstance(images, list):
        raise Unreadable("gallery-says-no", REFUSALS["gallery-says-no"])
    posts = tuple(_piwigo_picture(one, asked.address) for one in fields.each(images))
    page, total = fields.number(asked.query, "page"), fields.number(found, "result", "paging", "total_count")
    more = len(images) > 0 and (page + 1) * A_PAGE < total
    return Answer(posts, (Further(asked.with_query(page=str(page + 1)), priority=-10),) if more else ())


def _piwigo_picture(image: fields.Node, address: str) -> Post:
    """The best of the sizes that the gallery shows; the original only where it names nothing else."""
    page = absolute(address, fields.text(image, "page_url")) or address
    collected = Collected(page)
    derivatives = fields.at(image, "derivatives")
    sizes = [
        Size(fields.text(one, "url"), fields.number(one, "width") or None)
        for one in (derivatives.values() if isinstance(derivatives, dict) else ())
        if fields.text(one, "url")
    ]
    collected.picture(best(sizes) or fields.text(image, "element_url"), "picture")
    return post(page, collected)
