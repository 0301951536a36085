"""The little web of the demo: nine hosts on loopback, like real ones, showing only drawn pictures."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any

import jinja2

from portal.demo.pictures import File, address_of, small
from portal.demo.server import Resource, Site

#: The places, in the order they are shown; each is filled by the module of its name in portal/demo/sites.
NAMES = ("forum", "gallery", "pictures", "channel", "blog", "app", "closed", "doubtful", "attic")
ENDINGS = {"image/jpeg": "jpg", "image/webp": "webp"}


class Web:
    """The hosts by name, the album they show, and the words to make pages from."""

    def __init__(self, album: Mapping[str, File]) -> None:
        """Prepare hosts without pages; `open_web` fills and serves them."""
        self.album = album
        self.sites = {name: Site(name) for name in NAMES}
        folder = Path(__file__).parent / "templates"
        self._templates = jinja2.Environment(
            loader=jinja2.FileSystemLoader(folder),
            autoescape=True,
            undefined=jinja2.StrictUndefined,
            trim_blocks=True,
        )

    def base(self, site: str) -> str:
        """Return the address of a site without a path."""
        return self.sites[site].base

    def site_of(self, url: str) -> str | None:
        """Name the site that an address belongs to, None when it is none of ours."""
        return next((name for name, site in self.sites.items() if url.startswith(site.base + "/")), None)

    def show(self, site: str, folder: str, name: str, *, width: int | None = None) -> str:
        """Publish a picture of the album on a site and return its whole address."""
        file = self.album[name] if width is None else small(self.album[name], width)
        path = f"{folder}/{address_of(name)}.{ENDINGS[file.content_type]}"
        self.publish(site, path, Resource(file.data, file.content_type, headers=(("Cache-Control", "max-age=600"),)))
        return self.base(site) + path

    def publish(self, site: str, path: str, resource: Resource) -> None:
        """Put anything at a path (query included) of a site."""
        self.sites[site].resources[path] = resource

    def page(self, site: str, path: str, template: str, **words: Any) -> None:
        """Make a page from a template and publish it; feeds and sitemaps are pages, too."""
        kind = "application/xml" if template.endswith(".xml") else "text/html"
        here = self.base(site)
        body = self._templates.get_template(template).render(here=here, path=path, **words)
        self.publish(site, path, Resource(body.encode(), f"{kind}; charset=utf-8"))


@contextmanager
def open_web(album: Mapping[str, File]) -> Iterator[Web]:
    """Serve the little web on free ports of 127.0.0.1 for as long as the block runs."""
    web = Web(album)
    try:
        for site in web.sites.values():
            site.open()
        for name in NAMES:
            import_module(f"portal.demo.sites.{name}").fill(web)
        yield web
    finally:
        for site in web.sites.values():
            site.close()
