"""The live view says honestly how a crawl goes: pace, what waits, what was refused and why."""

import io
from datetime import UTC, datetime, timedelta

from rich.console import Console

from crawler.outcomes import NewEntry, Outcome
from crawler.targets import CrawlTarget
from portal.cli.live_view import Look, Rate, table

NOW = datetime.now(UTC)


def test_a_rate_is_that_of_the_last_half_minute():
    rate = Rate()
    assert [round(rate.take(number, at)) for at, number in ((0, 0), (30, 30), (60, 30), (90, 30))] == [0, 60, 0, 0]


def test_the_view_shows_each_place_what_waits_and_refusals_by_reason(store):
    target = CrawlTarget("forum", ("https://forum.example/",))
    store.targets.add(target)
    run = store.frontier.begin(target, NOW)
    look = Look(store, NOW - timedelta(minutes=1))
    assert look.now().minutes_left is None
    (entry,) = store.frontier.lease(run, "me/1/1", 10, NOW)
    outcome = Outcome(entry, found=[NewEntry(f"https://forum.example/{number}", 1) for number in range(3)])
    outcome.refusals["picture-http-404"] = 2
    store.frontier.settle([outcome], NOW)
    state = look.now()
    assert (state.pages, state.waiting, state.refusals) == (1, 3, {"picture-http-404": 2})
    assert state.minutes_left is not None
    assert "3 waiting" in state.in_words()
    screen = Console(file=io.StringIO(), width=120)
    screen.print(table(state))
    shown = screen.file.getvalue()
    assert "forum" in shown
    assert "picture-http-404 2" in shown
