"""What a refusal means and what to do about it, in one sentence each; readers of places bring their own.

Only about what a target's owner can change. The sentences hold no address and nothing that a place said.
"""

from functools import cache

from crawler.places.recognised import readers

GENERAL = {
    "robots": "The place's robots.txt asks crawlers to stay away, and we do. Look there by hand, or ask its operator.",
    "robots-unreadable": "The place's robots.txt gave no clear answer (an error, no such host), which counts "
    "as no. It is asked again later; check the address.",
    "robots-certificate": "The place's certificate is not valid: expired, signed by itself, or for another name. So "
    "neither robots.txt nor pages are read. Check the address; its operator must renew the certificate.",
    "certificate": "The certificate there is not valid: expired, signed by itself, or for another name. Check the "
    "address; its operator must renew the certificate.",
    "dns": "There is no such host. Check the address; the place may have moved or closed.",
    "robots-crawl-delay": "The place's robots.txt asks for more than an hour between two pages, which counts as no.",
    "robots-not-text": "The place's robots.txt is no text file, which counts as no. Ask its operator to repair it.",
    "robots-too-many-rules": "The place's robots.txt names thousands of agents with thousands of rules each, as only "
    "attacks do, which counts as no. Ask its operator to shorten it.",
    "too-many-chunks": "The server cut its answer into very many pieces, as only attacks do. The page is left out.",
    "too-many-encodings": "The answer is packed several times over, as only attacks are. The page is left out.",
    "bad-encoding": "The answer is damaged, or not packed the way it says. Open its address in a browser; if it shows, "
    "tell us.",
    "malformed-xml": "The feed or sitemap is not well-formed XML, so nothing in it was used. Open its address in a "
    "browser: it names the line; use the kind pages until the place has repaired it.",
    "malformed-html": "The page could not be parsed at all. Open its address in a browser; if it shows, tell us.",
    "endless-tag": "A tag on the page has thousands of attributes, as only attacks have. The page is left out.",
    "not-a-feed": "No feed was found at this address. Use the address of the feed itself, or the kind pages.",
    "not-a-sitemap": "This is no sitemap. Use the address that the place's robots.txt names, or the kind pages.",
    "bad-gzip": "The sitemap's gzip is damaged or was cut short. It is asked for again next time.",
    "too-large": "The answer is larger than we take. Start at a smaller part of the place.",
    "not-a-page": "This is neither a page nor a picture. Leave its address out of the target.",
    "no-preview": "The channel shows no preview to visitors, so nothing of it is public. We never join.",
    "before-since": "Older than the day this target says with since; change the option to see it.",
    "render-share": "Its scripts suggest more pictures, but this crawl's share of rendered pages was spent. Raise it "
    "with --option render-share=0.2, or use the kind rendered.",
    "no-browser": "There is no Chromium on this machine, so pages were read as sent. `watchlight doctor` says more.",
}


@cache
def sentences() -> dict[str, str]:
    """Return every sentence by its reason."""
    found = dict(GENERAL)
    for reader in readers():
        found.update(getattr(reader, "REFUSALS", {}))
    return found


def about(reason: str) -> str:
    """Return what a reason means and what to do, "" for those that explain themselves (budget-pages, http-404)."""
    return sentences().get(reason, "")
