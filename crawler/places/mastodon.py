"""Mastodon's public API: timelines of an instance, a tag, an account (also of Pleroma, Akkoma and their kin).

Source: docs.joinmastodon.org, methods "timelines" and "accounts", entity "Status".
"""

import re
from collections.abc import Iterator
from urllib.parse import quote

import ada_url

from crawler.images import Unreadable
from crawler.images.collected import Collected
from crawler.places import fields
from crawler.places.answers import Answer, Asked, Further, Post, Stretch, markup, post
from crawler.places.recognised import SURE, Sign

KIND = "mastodon"
REFUSALS = {
    "not-a-timeline": "The answer is JSON, but no timeline of statuses. Start at the instance, a tag (/tags/NAME) or a "
    "profile (/@NAME); an instance may also keep its timelines for members.",
}
A_PAGE = 40
TAG = re.compile(r"/tags?/([^/]+)/?$")
PROFILE = re.compile(r"/(?:web/)?@([^/]+)/?$")
PICTURES = ("image", "gifv", "video", "unknown", "audio")


def recognise(_address: str, page: str) -> Sign | None:
    """A page of the web app, or one that says so."""
    if 'id="mastodon"' in page or 'id="initial-state"' in page or '"Mastodon"' in page:
        return Sign(SURE, "it says that it is Mastodon")
    return None


def asked(address: str) -> str:
    """Return the API's address for the timeline, tag or profile that people open."""
    url = ada_url.URL(address)
    path = str(url.pathname)
    if path.startswith("/api/"):
        return address
    if tag := TAG.search(path):
        return f"{url.origin}/api/v1/timelines/tag/{tag[1]}?limit={A_PAGE}"
    if profile := PROFILE.search(path):
        return f"{url.origin}/api/v1/accounts/lookup?acct={profile[1]}"
    where = {"/public": "", "/public/remote": "&remote=true"}.get(path.rstrip("/"), "&local=true")
    return f"{url.origin}/api/v1/timelines/public?limit={A_PAGE}{where}"


def read(untrusted: bytes, asked: Asked) -> Answer:
    """Read one page of a timeline, or an account on the way to its statuses; raise Unreadable."""
    found = fields.tree(untrusted)
    if isinstance(found, dict) and "acct" in found and fields.text(found, "id"):
        return _account(found, asked)
    if not isinstance(found, list):
        raise Unreadable("not-a-timeline", REFUSALS["not-a-timeline"])
    statuses = list(fields.each(found))
    if found and not any("account" in one for one in statuses):
        raise Unreadable("not-a-timeline", REFUSALS["not-a-timeline"])
    fresh, refusals = asked.fresh(statuses, lambda one: fields.moment(one, "created_at"))
    # Everything below the smallest id is the page before this one, as the API's own Link header says.
    last = "" if refusals or not statuses else fields.text(statuses[-1], "id")
    older = (Further(asked.with_query(max_id=last), priority=-10, back=True, jump="max_id"),) if last else ()
    # Pleroma's ids are no numbers: its timelines are read as far back as the budget goes.
    numbers = [fields.number(one, "id") for one in statuses]
    stretch = Stretch.of(asked.with_query(max_id=None), numbers)
    return Answer(tuple(_posts(fresh, asked.address)), older, refusals, stretch)


def _account(account: fields.Node, asked: Asked) -> Answer:
    number = quote(fields.text(account, "id"), safe="")
    statuses = f"{asked.origin}/api/v1/accounts/{number}/statuses?limit={A_PAGE}"
    return Answer((_about(account, asked.address),), (Further(statuses),))


def _about(account: fields.Node, address: str) -> Post:
    """The account's own pictures, on the page of its profile."""
    page = fields.text(account, "url") or address
    collected = Collected(page)
    for name in ("avatar", "header"):
        shown = fields.text(account, name)
        if "/missing." not in shown and "/avatars/original/missing" not in shown:
            collected.picture(shown, name)
    return post(page, collected)


def _posts(statuses: list[fields.Node], address: str) -> Iterator[Post]:
    """Each status, what it boosts in its place, and every account once."""
    accounts: dict[str, fields.Node] = {}
    for status in statuses:
        boosted = fields.at(status, "reblog")
        shown = boosted if isinstance(boosted, dict) else status
        account = fields.at(shown, "account")
        if isinstance(account, dict):
            accounts.setdefault(fields.text(account, "acct"), account)
        yield _status(shown, address)
    for account in accounts.values():
        yield _about(account, address)


def _status(status: fields.Node, address: str) -> Post:
    page = fields.text(status, "url") or fields.text(status, "uri") or address
    collected = Collected(page)
    for media in fields.each(status, "media_attachments"):
        kind = fields.text(media, "type")
        if kind == "image":
            collected.picture(fields.text(media, "url") or fields.text(media, "remote_url"), "attachment")
        elif kind in PICTURES:
            collected.picture(fields.text(media, "preview_url"), f"{kind} preview")
    collected.picture(fields.text(status, "card", "image"), "card")
    collected.link(fields.text(status, "card", "url"))
    markup(fields.text(status, "content"), collected)
    return post(page, collected)
