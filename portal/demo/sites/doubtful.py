"""A host whose robots.txt cannot be read: nobody said yes, so nothing else may be asked."""

from portal.demo.server import text
from portal.demo.site import Web


def fill(web: Web) -> None:
    """Publish one picture behind a robots.txt that answers 503."""
    web.sites["doubtful"].robots = text("try again later\n", status=503)
    web.show("doubtful", "/i", "forest-6")
