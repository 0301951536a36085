"""A crawl of one target with many sites: its slots do not wait for one of them while another could be asked."""

from collections import Counter

from tests.crawler.conftest import Answer, LittleSite

SITES, PAGES = 24, 6


def test_a_crawl_asks_each_of_many_sites_before_it_asks_one_a_third_time(sites, target_of, crawl):
    asked: list[int] = []
    opened: list[LittleSite] = [sites() for _ in range(SITES)]

    def page(number: int, body: str):
        def answer(_):
            asked.append(number)
            return body

        return answer

    front = "".join(f'<a href="/{page}">on</a>' for page in range(1, PAGES))
    for place, site in enumerate(opened):
        site.pages["/0"] = page(place, front)
        site.pages |= {f"/{one}": page(place, "the end") for one in range(1, PAGES)}
    opened[0].pages["/"] = Answer("".join(f'<a href="{one.url("/0")}">on</a>' for one in opened))
    target_of(opened[0], hosts=("127.0.0.1",), delay_s=1.0)
    ended = crawl("site")
    assert ended.returncode == 0, ended.stderr
    assert Counter(asked) == dict.fromkeys(range(SITES), PAGES)
    place_of: dict[int, list[int]] = {}
    for at, one in enumerate(asked):
        place_of.setdefault(one, []).append(at)
    third = min(places[2] for places in place_of.values())
    assert len(set(asked[:third])) >= SITES - 4
