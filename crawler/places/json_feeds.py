"""JSON Feed 1.0 and 1.1 (jsonfeed.org): the pictures of items, the pages they announce, and where older items lie."""

from crawler.images import Seen, Unreadable
from crawler.images.addresses import absolute, is_picture_file
from crawler.images.collected import Collected
from crawler.places import fields
from crawler.places.answers import markup
from crawler.places.feeds import MOST_ENTRIES, Entry, Feed
from crawler.places.recognised import SURE, Sign

KIND = "feeds"
REFUSALS = {
    "not-a-json-feed": "The answer is JSON, but no JSON Feed: it names no version of jsonfeed.org. Use the address of "
    "the feed itself, or the kind that `watchlight target probe` names.",
}
MARK = b"jsonfeed.org/version/"


def recognise(_address: str, page: str) -> Sign | None:
    """JSON that names a version of JSON Feed."""
    start = page[:4096].lstrip("\ufeff \t\r\n")
    return Sign(SURE, "it is a JSON Feed") if start.startswith("{") and MARK.decode() in start else None


def is_one(untrusted: bytes) -> bool:
    """Whether to read an answer as JSON and not as XML: by its first character."""
    return untrusted[:256].lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{")


def read_feed(untrusted: bytes, address: str) -> Feed:
    """Read a feed; raise Unreadable ("malformed-json", "not-a-json-feed")."""
    found = fields.tree(untrusted)
    if MARK.decode() not in fields.text(found, "version"):
        raise Unreadable("not-a-json-feed", REFUSALS["not-a-json-feed"])
    older = absolute(address, fields.text(found, "next_url"))
    items = list(fields.each(found, "items"))[:MOST_ENTRIES]
    return Feed(tuple(_entry(item, address) for item in items), (older,) if older else ())


def _entry(item: fields.Node, address: str) -> Entry:
    page = absolute(address, fields.text(item, "url")) or absolute(address, fields.text(item, "external_url"))
    collected = Collected(page or address)
    for name in ("image", "banner_image"):
        collected.picture(fields.text(item, name), name)
    for one in fields.each(item, "attachments"):
        file, kind = fields.text(one, "url"), fields.text(one, "mime_type").lower()
        if kind.startswith("image/") or (not kind and is_picture_file(file)):
            collected.picture(file, "attachment")
    markup(fields.text(item, "content_html"), collected)
    markup(fields.text(item, "content_text"), collected)
    if page:
        collected.link(page)
    return Entry(page or address, Seen(collected.pictures, collected.links, dict(collected.refusals)))
