"""A gallery whose pictures lie on another host: two lists of thumbnails, one page for each picture."""

from portal.demo.planted import LARGE
from portal.demo.site import Web

ITEMS = (
    ("mountains-3", "능선의 아침", "Ridge in the morning"),
    ("shore-3", "섬과 돛단배", "Island with sails"),
    ("forest-1", "숲속 빈터", "A clearing"),
    ("town-2", "저녁 거리", "Street at dusk"),
    ("still-life-2", "꽃병과 과일", "Vase and fruit"),
    ("kim-mirrored", "바닷가 인물", "Portrait by the sea"),
    ("stranger-2", "모르는 사람", "A drawn stranger"),
    ("dish-5", "비빔밥", "Bibimbap"),
    ("park-half", "도시의 사람", "Somebody in town"),
    ("mountains-4", "안개 낀 산", "Mountains in haze"),
    ("park-resized", "동네 사람", "A neighbour"),
    ("shore-4", "모래톱", "Sandbank"),
    ("forest-2", "참나무", "Oaks"),
    ("sample-trimmed", "숲에서", "In the woods"),
    ("town-3", "불 켜진 창", "Lit windows"),
    ("still-life-3", "책과 사과", "Books and apples"),
)
A_PAGE = 8


def fill(web: Web) -> None:
    """Publish both lists and the sixteen item pages; the files go to the host `pictures`."""
    items = [_item(web, number, *item) for number, item in enumerate(ITEMS, 1)]
    for item in items:
        web.page("gallery", f"/item/{item['number']}", "gallery_item.html", item=item, last=len(items))
    for page in (1, 2):
        path = "/" if page == 1 else f"/?page={page}"
        shown = items[(page - 1) * A_PAGE : page * A_PAGE]
        web.page("gallery", path, "gallery_list.html", items=shown, page=page)


def _item(web: Web, number: int, name: str, korean: str, english: str) -> dict[str, object]:
    large, thumb = web.show("pictures", LARGE, name), web.show("pictures", "/haneul/320", name, width=320)
    size = (web.album[name].width, web.album[name].height)
    return {
        "number": number,
        "korean": korean,
        "english": english,
        "large": large,
        "thumb": thumb,
        "size": size,
    }
