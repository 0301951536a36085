"""A blog with a feed and a sitemap: one post only the feed knows, one only the sitemap knows."""

from datetime import UTC, datetime
from email.utils import format_datetime
from typing import NamedTuple

from portal.demo.planted import UPLOADS
from portal.demo.site import Web


class Post(NamedTuple):
    """A post: how its picture is shown, and which lists know it (the front page, the feed, the sitemap)."""

    slug: str
    title: str
    words: str
    picture: str
    manner: str
    lists: str
    day: int


POSTS = (
    Post(
        "rainy-season",
        "장마 일기 · Rainy season",
        "비가 그치지 않는다. 오래된 사진을 꺼냈다.",
        "kim-captioned",
        "background",
        "front feed map",
        3,
    ),
    Post(
        "oak-path",
        "참나무길 · The oak path",
        "A walk of two hours, with one good bench.",
        "forest-5",
        "srcset",
        "front feed map",
        5,
    ),
    Post(
        "island",
        "섬에서 하루 · A day on the island",
        "배를 놓쳐서 하루 더 있었다.",
        "shore-6",
        "poster",
        "front map",
        8,
    ),
    Post(
        "night-market",
        "야시장 · Night market",
        "Somebody had mirrored the picture, badly.",
        "sample-mirrored",
        "figure",
        "feed",
        12,
    ),
    Post(
        "first-frost",
        "첫서리 · First frost",
        "지도에만 있는 글. 아무도 여기로 링크하지 않는다.",
        "park-trimmed",
        "figure",
        "map",
        15,
    ),
    Post(
        "still",
        "정물 연습 · Still life practice",
        "Light from the left, three apples.",
        "still-life-5",
        "srcset",
        "map",
        18,
    ),
    Post("haze", "안개 · Haze", "능선이 다섯 겹으로 보이던 날.", "mountains-6", "figure", "front feed map", 20),
    Post(
        "guest",
        "손님 · A guest",
        "A drawn stranger came by for tea.",
        "stranger-4",
        "background",
        "front feed map",
        21,
    ),
)


def fill(web: Web) -> None:
    """Publish the front page, the posts, feed.xml, sitemap.xml and the robots.txt that names the sitemap."""
    posts = [_shown(web, post) for post in POSTS]
    for post in posts:
        web.page("blog", f"/posts/{post['slug']}", "blog_post.html", post=post)
    for path, template, wanted in (
        ("/", "blog_index.html", "front"),
        ("/feed.xml", "feed.xml", "feed"),
        ("/sitemap.xml", "sitemap.xml", "map"),
    ):
        web.page("blog", path, template, posts=[post for post in posts if wanted in str(post["lists"]).split()])


def _shown(web: Web, post: Post) -> dict[str, object]:
    large = web.show("blog", UPLOADS, post.picture)
    thumb = web.show("blog", f"{UPLOADS}/w300", post.picture, width=300)
    at = datetime(2026, 11, post.day, 7, 15, tzinfo=UTC)
    more = {
        "large": large,
        "thumb": thumb,
        "at": at.isoformat(),
        "mail_date": format_datetime(at),
        "bytes": len(web.album[post.picture].data),
    }
    return {**post._asdict(), **more, "content_type": web.album[post.picture].content_type}
