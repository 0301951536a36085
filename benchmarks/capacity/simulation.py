"""A frontier of many sites under a pace, event by event: who gets a turn when, and what slots do meanwhile.

Two orders of handing out. `as_found` is ours: entries in the order in which they were found, and a slot that got
one waits for its site's turn (`crawler.pacing.OwnPace.turn`: the turn after the last one that was given). `by_site`
is what search engines do: the site whose turn is next gives its next entry. Times are seconds.
"""

import heapq
from dataclasses import dataclass

import numba
import numpy as np


@dataclass(frozen=True)
class Outcome:
    """What came of it: how long, the slots' idle time, and when each site had its first page (inf: never)."""

    seconds: float
    idle_s: float
    fetched: int
    first_at: np.ndarray
    state_bytes: int

    def first_within(self, share: float) -> float:
        """Return the seconds until this share of the sites with entries had their first page."""
        ranked = np.partition(self.first_at, int(share * len(self.first_at)))
        return float(ranked[int(share * len(self.first_at))])


def found(sites: int, entries: int, run: float, seed: int) -> np.ndarray:
    """Return the site of each entry in the order they are found: few sites have most, and links of a page are alike.

    Every site has one entry somewhere; the others go to sites by a power law, in runs of `run` on the average.
    """
    random = np.random.default_rng(seed)
    runs = int((entries - sites) / run)
    whose = np.concatenate([np.arange(sites), sites * random.random(runs) ** 3]).astype(np.int32)
    lengths = np.concatenate([np.ones(sites, np.int64), random.geometric(1 / run, runs)])
    order = random.permutation(len(whose))
    return np.repeat(whose[order], lengths[order])[:entries]


@numba.njit(cache=True)
def _as_found(entries, sites, slots, delay_s, fetch_s, until_s):
    next_at = np.zeros(sites)
    first_at = np.full(sites, np.inf)
    free = [(0.0, slot) for slot in range(slots)]
    idle, fetched, now = 0.0, 0, 0.0
    for site in entries:
        now, slot = heapq.heappop(free)
        if now >= until_s:
            break
        start = max(now, next_at[site])
        next_at[site] = start + delay_s
        first_at[site] = min(first_at[site], start)
        idle += start - now
        fetched += start < until_s
        heapq.heappush(free, (start + fetch_s, slot))
    return now, idle, fetched, first_at


@numba.njit(cache=True)
def _by_site(wanted, slots, delay_s, fetch_s, until_s):
    left = wanted.copy()
    first_at = np.full(len(wanted), np.inf)
    turns = [(0.0, np.int32(site)) for site in range(len(wanted)) if wanted[site] > 0]
    heapq.heapify(turns)
    free = [(0.0, slot) for slot in range(slots)]
    idle, fetched, now = 0.0, 0, 0.0
    while len(turns) > 0:
        now, slot = heapq.heappop(free)
        if now >= until_s:
            break
        turn, site = heapq.heappop(turns)
        start = max(now, turn)
        first_at[site] = min(first_at[site], start)
        left[site] -= 1
        if left[site] > 0:
            heapq.heappush(turns, (start + delay_s, site))
        idle += start - now
        fetched += start < until_s
        heapq.heappush(free, (start + fetch_s, slot))
    return now, idle, fetched, first_at


def simulate(
    order: str, entries: np.ndarray, sites: int, *, slots: int, delay_s: float, fetch_s: float, until_s: float
) -> Outcome:
    """Hand out entries for `until_s` seconds, or until there are none."""
    wanted = np.bincount(entries, minlength=sites).astype(np.int32)
    if order == "as found":
        now, idle, fetched, first_at = _as_found(entries, sites, slots, delay_s, fetch_s, until_s)
        state = 8 * sites
    else:
        now, idle, fetched, first_at = _by_site(wanted, slots, delay_s, fetch_s, until_s)
        state = (16 + 4) * sites
    return Outcome(float(now), float(idle), int(fetched), first_at[wanted > 0], state)
