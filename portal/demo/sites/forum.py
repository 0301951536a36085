"""A forum: threads, one of them three pages long; lazy-loaded pictures, thumbnails, linked files."""

from typing import NamedTuple

from portal.demo.planted import FILES
from portal.demo.site import Web


class Post(NamedTuple):
    """Who wrote what, which picture hangs on it, and in which manner."""

    author: str
    words: str
    picture: str = ""
    manner: str = "plain"  # "plain", "lazy" or "attached"


WALK = (
    Post("산책자", "지난 주말에 찍은 산 사진 올려요. 구름이 정말 좋았어요.", "mountains-1"),
    Post("blue_kettle", "Lovely! Here is mine from the other side of the ridge.", "mountains-2", "lazy"),
    Post("고양이발", "이 분 사진도 같이 있길래 옮겨 왔어요.", "kim-trimmed"),
    Post("nara", "합성 연습 중입니다 ㅎㅎ 배경만 바꿔 봤어요.", "sample-composite"),
    Post("감자전", "다들 사진 잘 찍으시네요. 저는 글만 남기고 갑니다."),
    Post("harbor_light", "Found an old folder on my phone, more to come.", "kim-resized", "lazy"),
    Post("산책자", "바다도 한 장 보탭니다. 배가 세 척!", "shore-1", "lazy"),
    Post("tealeaf", "Someone sent me this in a group chat.", "sample-messenger", "lazy"),
    Post("blue_kettle", "Looks like the bay near my grandparents' place.", "shore-2"),
    Post("고양이발", "밥 먹고 합시다. 오늘의 비빔밥.", "dish-1", "lazy"),
    Post("nara", "첨부파일로 올립니다. 눌러서 보세요.", "park-captioned", "attached"),
    Post("harbor_light", "Portrait practice, a drawn stranger.", "stranger-1", "lazy"),
    Post("감자전", "우리 동네 야경입니다.", "town-1"),
    Post("tealeaf", "And a quiet table to end the page.", "still-life-1", "attached"),
)
LUNCH = (
    Post("감자전", "점심 사진만 올리는 곳입니다.", "dish-2"),
    Post("tealeaf", "Same bowl, other day.", "dish-3", "lazy"),
    Post("산책자", "저는 이렇게 먹었습니다.", "dish-4", "lazy"),
)
A_PAGE = 5


def fill(web: Web) -> None:
    """Publish the list of threads and every page of both threads."""
    threads = ((12, "주말 사진 모음 · Weekend pictures", WALK), (15, "오늘의 점심 · Lunch today", LUNCH))
    for number, title, posts in threads:
        pages = -(-len(posts) // A_PAGE)
        for page in range(1, pages + 1):
            path = f"/thread/{number}" + (f"?page={page}" if page > 1 else "")
            shown = [_shown(web, post) for post in posts[(page - 1) * A_PAGE : page * A_PAGE]]
            web.page(
                "forum",
                path,
                "forum_thread.html",
                title=title,
                number=number,
                posts=shown,
                page=page,
                pages=pages,
            )
    web.page(
        "forum",
        "/",
        "forum_index.html",
        threads=[(number, title, len(posts)) for number, title, posts in threads],
    )


def _shown(web: Web, post: Post) -> dict[str, str]:
    large = web.show("forum", FILES, post.picture) if post.picture else ""
    thumb = web.show("forum", "/thumbs", post.picture, width=320) if post.picture and post.manner == "plain" else ""
    return {**post._asdict(), "large": large, "thumb": thumb}
