"""The host that only keeps picture files for others; its robots.txt is asked like everybody's."""

from portal.demo.server import Resource, text
from portal.demo.site import Web


def fill(web: Web) -> None:
    """Publish robots.txt and a front page; the gallery and the channel put their files here."""
    web.sites["pictures"].robots = text("User-agent: *\nDisallow: /private/\nAllow: /\n")
    web.publish("pictures", "/", Resource(b"<!doctype html><title>Files</title><p>Nothing to see here.</p>"))
