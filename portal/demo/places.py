"""The crawl targets of the demo: which place of the little web is looked at by which kind of spider."""

from crawler.targets import CrawlTarget
from portal.demo.site import Web

DELAY_S = 0.05
#: target -> (site, path, kind)
PLACES: dict[str, tuple[str, str, str]] = {
    "forum": ("forum", "/", "pages"),
    "gallery": ("gallery", "/", "pages"),
    "channel": ("channel", "/s/maeul_sajin", "telegram"),
    "blog-feed": ("blog", "/feed.xml", "feeds"),
    "blog-sitemap": ("blog", "/sitemap.xml", "sitemaps"),
    "app": ("app", "/", "rendered"),
    "closed": ("closed", "/album", "pages"),
    "attic": ("attic", "/", "pages"),
}


def targets(web: Web, *, browser: bool) -> list[CrawlTarget]:
    """Return the targets; without a browser the place that needs one is left out."""
    return [
        CrawlTarget(
            name=name,
            urls=(web.base(site) + path,),
            kind=kind,
            depth=4,
            max_pages=100,
            delay_s=DELAY_S,
            reason="the demo's own made-up web on this machine",
        )
        for name, (site, path, kind) in PLACES.items()
        if browser or kind != "rendered"
    ]
