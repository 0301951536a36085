"""Redirects: Scrapy's own, without a word about where we come from."""

from scrapy.downloadermiddlewares.redirect import RedirectMiddleware
from scrapy.http import Request, Response


class Redirects(RedirectMiddleware):
    """Follows a redirect of a picture or robots.txt at once; a page's redirect becomes an entry of the frontier."""

    def handle_referer(self, request: Request, response: Response) -> None:
        """Send no Referer, so there is none to carry over."""
        request.headers.pop("Referer", None)

    def _engine_started(self) -> None:
        """Scrapy would warn here that no RefererMiddleware is in place; that is what we want."""
