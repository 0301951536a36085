"""A public channel preview in the structure of t.me/s pages: newest first, older through ?before=."""

from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from portal.demo.planted import SENT
from portal.demo.site import Web

NAME, TITLE = "maeul_sajin", "마을 사진 · Village pictures"
FIRST, A_PAGE = 401, 4
START = datetime(2026, 11, 2, 9, 30, tzinfo=UTC)


class Message(NamedTuple):
    """A message of the channel; its number is its place in the list."""

    words: str
    picture: str = ""


MESSAGES = (
    Message("채널을 시작합니다. Welcome, everybody."),
    Message("누가 단톡방에서 받은 사진이래요.", "kim-messenger"),
    Message("오늘의 골목", "town-4"),
    Message("Autumn, finally", "forest-3"),
    Message("바다 보러 갔다 왔어요", "shore-5"),
    Message("닮은 사람을 봤습니다!", "decoy"),
    Message("Market day: flowers and fruit", "still-life-4"),
    Message("내일은 비가 온대요. 우산 챙기세요."),
    Message("저녁 한 그릇", "dish-6"),
    Message("재밌는 짤 하나", "sample-captioned"),
    Message("A drawn stranger says hello", "stranger-3"),
    Message("산은 언제나 거기에", "mountains-5"),
    Message("숲길 산책", "forest-4"),
    Message("전달받은 사진입니다", "park-messenger"),
    Message("Town by night", "town-5"),
    Message("다음 주에는 쉽니다. See you in December."),
)


def fill(web: Web) -> None:
    """Publish the preview pages and a small page for every message."""
    messages = [_shown(web, number, message) for number, message in enumerate(MESSAGES, FIRST)]
    end = FIRST + len(messages)
    for after in range(end, FIRST, -A_PAGE):
        shown = messages[after - A_PAGE - FIRST : after - FIRST]
        older = after - A_PAGE if after - A_PAGE > FIRST else None
        newer = after + A_PAGE - 1 if after < end else None
        path = f"/s/{NAME}" + (f"?before={after}" if after < end else "")
        words = {"name": NAME, "title": TITLE, "messages": shown, "older": older, "newer": newer}
        web.page("channel", path, "channel.html", **words)
    for message in messages:
        web.page(
            "channel",
            f"/{NAME}/{message['number']}",
            "channel_message.html",
            name=NAME,
            title=TITLE,
            message=message,
        )


def _shown(web: Web, number: int, message: Message) -> dict[str, object]:
    picture = web.show("pictures", SENT, message.picture) if message.picture else ""
    size = web.album[message.picture] if message.picture else None
    padding = round(100 * size.height / size.width, 3) if size else 0
    at = START + timedelta(hours=17 * (number - FIRST))
    return {
        "number": number,
        "words": message.words,
        "picture": picture,
        "padding": padding,
        "at": at,
        "views": 37 * number % 900,
    }
