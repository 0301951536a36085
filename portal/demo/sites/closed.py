"""A site that does not want to be crawled: robots.txt closes it, and its visits prove whether we listened."""

from portal.demo.planted import FILES
from portal.demo.server import text
from portal.demo.site import Web


def fill(web: Web) -> None:
    """Publish an album with a copy of an enrolled photo behind a robots.txt that says no."""
    web.sites["closed"].robots = text("User-agent: *\nDisallow: /\n")
    pictures = [web.show("closed", FILES, name) for name in ("kim-again", "stranger-6")]
    for path in ("/", "/album"):
        web.page("closed", path, "closed.html", pictures=pictures)
