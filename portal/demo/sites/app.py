"""A page whose pictures only appear through JavaScript: the HTML itself shows none."""

import json

from portal.demo.planted import MEDIA
from portal.demo.server import Resource
from portal.demo.site import Web

SHOWN = (
    ("town-6", "골목 끝 집들"),
    ("park-mirrored", "어디서 본 듯한 사람"),
    ("stranger-5", "A drawn stranger"),
    ("sample-resized", "In the woods, again"),
    ("still-life-6", "식탁"),
)


def fill(web: Web) -> None:
    """Publish the empty page and the JSON its script asks for."""
    cards = [
        {"title": title, "picture": web.show("app", MEDIA, name).removeprefix(web.base("app"))} for name, title in SHOWN
    ]
    # The script glues the address together from pieces: reading the JSON as text shows no picture address.
    pieces = [{"title": card["title"], "key": card["picture"].removeprefix(MEDIA + "/").split(".")} for card in cards]
    web.publish("app", "/api/cards", Resource(json.dumps(pieces, ensure_ascii=False).encode(), "application/json"))
    web.page("app", "/", "app.html", folder=MEDIA)
