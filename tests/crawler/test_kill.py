"""Nothing is lost when a crawler is killed at any moment, and going on needs no flag."""

import random
import signal
import time

from sqlalchemy import func, select

from crawler import schema

PAGES = 120


def tree(site, drawn, pages: int) -> None:
    """Fill a site with a tree of pages, one picture each."""
    for number in range(pages):
        links = "".join(
            f'<a href="/p/{child}">on</a>' for child in (3 * number + k for k in (1, 2, 3)) if child < pages
        )
        site.pages["/" if number == 0 else f"/p/{number}"] = f'{links}<img src="/i/{number}.jpg">'
        site.picture(f"/i/{number}.jpg", drawn(number))


def wait_for(condition, seconds: float = 60) -> None:
    """Wait until something holds, at most so long."""
    until = time.monotonic() + seconds
    while not condition() and time.monotonic() < until:
        time.sleep(0.05)


def leased(store) -> int:
    """Count the pages that somebody has on the table."""
    with store.engine.connect() as connection:
        query = select(func.count()).select_from(schema.frontier).where(schema.frontier.c.state == "leased")
        return connection.execute(query).scalar_one()


def test_killed_again_and_again_a_crawl_still_sees_every_page_and_picture(
    site, drawn, store, target_of, start_crawler, crawl
):
    tree(site, drawn, PAGES)
    target_of(site, delay_s=0.06)  # so slow that five short lives do not complete it: that would begin a new crawl
    chance = random.Random(7)
    kills = under_way = 0
    for _ in range(5):
        process, before = start_crawler("site"), len(site.asked)
        wait_for(lambda before=before: len(site.asked) > before + 3)
        time.sleep(chance.random() * 1.5)
        if process.poll() is None:
            process.send_signal(signal.SIGKILL)
            kills += 1
        process.wait()
        under_way += leased(store)
    ended = crawl("site")
    assert ended.returncode == 0, ended.stderr
    with store.engine.connect() as connection:
        states = dict(connection.execute(select(schema.frontier.c.address, schema.frontier.c.state)).all())
    assert kills >= 2
    assert set(states.values()) == {"done"}
    assert len(states) == PAGES
    seen = {(one.page_url, one.picture_url) for one in store.log.after(0, 10_000)}
    assert (store.pages.last_runs()["site"].refusals, len(seen)) == ({}, PAGES)
    assert store.pages.last_runs()["site"].ended_because == "complete"
    fetched = [path for path in site.asked if path.startswith("/p/")]
    # What is asked for twice is at most what was under way at a kill.
    assert len(fetched) - len(set(fetched)) <= under_way


def test_a_clean_stop_gives_everything_back_and_the_next_crawl_goes_on(
    site, drawn, store, target_of, start_crawler, crawl
):
    tree(site, drawn, PAGES)
    target_of(site, delay_s=0.1)
    process = start_crawler("site")
    deadline = time.monotonic() + 30
    while not any(path.startswith("/p/") for path in site.asked) and time.monotonic() < deadline:
        time.sleep(0.05)
    process.send_signal(signal.SIGTERM)
    _, errors = process.communicate(timeout=20)
    assert process.returncode == 0, errors
    run = store.pages.last_runs()["site"]
    assert run.finished_at is None
    with store.engine.connect() as connection:
        states = set(connection.scalars(select(schema.frontier.c.state)).all())
    assert "leased" not in states
    store.targets.add(store.targets.get("site").changed(delay_s=0.0), replace=True)
    assert crawl("site").returncode == 0
    assert store.pages.last_runs()["site"].id == run.id
    assert (store.pages.last_runs()["site"].refusals, len(store.log.after(0, 10_000))) == ({}, PAGES)
