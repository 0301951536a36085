"""`python -m benchmarks.frontier.parts fill|crawl URL COUNT`: one half of the frontier's benchmark, as JSON."""

import hashlib
import json
import random
import resource
import sys
import time
from datetime import UTC, datetime

from crawler.outcomes import Entry, KnownPicture, NewEntry, Outcome
from crawler.sites import number_of
from crawler.store import CrawlStore
from crawler.targets import CrawlTarget
from crawler.writer import _write
from matchers import owners
from matchers.fingerprint import VERSION, Fingerprint
from matchers.hashes import ImageHash, pdq, phash
from matchers.sightings import Sighting

PLACE = CrawlTarget("place", ("https://place.example/",), depth=100, max_pages=1_000_000)
AHEAD, LINKS, NEW_LINKS, PICTURES, CHUNK = 16, 40, 3, 5, 5_000


def address(number: int) -> str:
    """Return one page's address."""
    return f"https://place.example/board/{number % 97}/thread/{number}?page=1"


def fill(store: CrawlStore, count: int) -> None:
    """Put addresses into the frontier of a run."""
    store.targets.add(PLACE)
    run = store.frontier.begin(PLACE, _now())
    for start in range(0, count, CHUNK):
        some = [NewEntry(address(number), 1) for number in range(start, min(start + CHUNK, count))]
        store.frontier.add(PLACE.name, run, some)


def crawl(store: CrawlStore, pages: int) -> tuple[float, float]:
    """Lease and settle pages; return the seconds of the store: of this process's processor, and on the wall."""
    number_of(address(0))  # loads the list of public suffixes, once in the life of a crawl
    run, owner, spent, chance = store.frontier.begin(PLACE, _now()), owners.this_process(), Spent(), random.Random(1)
    while not (entries := store.frontier.lease(run, owner, AHEAD, _now())):
        time.sleep(0.2)  # a Valkey that was empty hands out nothing for a while
    for start in range(0, pages, AHEAD):
        outcomes = [_outcome(entry, start + place, chance) for place, entry in enumerate(entries)]
        with spent:
            _write(store, outcomes)
            entries = store.frontier.lease(run, owner, AHEAD, _now())
    return spent.cpu_s, spent.wall_s


class Spent:
    """Time within `with`, of the processor and on the wall."""

    def __init__(self) -> None:
        self.cpu_s = self.wall_s = 0.0

    def __enter__(self) -> None:
        """Begin."""
        self._began = time.process_time(), time.perf_counter()

    def __exit__(self, *_: object) -> None:
        """Add what passed."""
        self.cpu_s += time.process_time() - self._began[0]
        self.wall_s += time.perf_counter() - self._began[1]


def _outcome(entry: Entry, number: int, chance: random.Random) -> Outcome:
    outcome = Outcome(entry, status=200, body_digest=b"b" * 32, gave_digest=b"g" * 32, gave=b"x" * 800)
    new = [NewEntry(address(10**8 + NEW_LINKS * number + each), 2) for each in range(NEW_LINKS)]
    known = [NewEntry(address(chance.randrange(2_000)), 2) for _ in range(LINKS - NEW_LINKS)]
    outcome.found = new + known
    for each in range(PICTURES):
        url, now = f"https://pictures.example/{number}/{each}.jpg", _now()
        digest = hashlib.sha256(url.encode()).digest()
        outcome.sightings.append(Sighting(PLACE.name, entry.address, url, now, digest, _fingerprint(chance)))
        made = outcome.sightings[-1].fingerprint.to_bytes()
        outcome.known.append(KnownPicture(url, digest, made, None, '"etag"', None, now, now))
    outcome.pictures = PICTURES
    return outcome


def _fingerprint(chance: random.Random) -> Fingerprint:
    whole = tuple(ImageHash(pdq.ALGORITHM, pdq.VERSION, chance.randbytes(32)) for _ in pdq.ORIENTATIONS)
    return Fingerprint(VERSION, 800, 600, 90, whole, ImageHash(phash.ALGORITHM, phash.VERSION, chance.randbytes(8)))


def _now() -> datetime:
    return datetime.now(UTC)


def main() -> None:
    """Do one half."""
    part, url, count = sys.argv[1:]
    store = CrawlStore.open(url)
    told = {}
    if part == "fill":
        fill(store, int(count))
    else:
        spent = crawl(store, int(count))
        told["page_ms"], told["wall_ms"] = (1000 * each / int(count) for each in spent)
    used = resource.getrusage(resource.RUSAGE_SELF)
    print(json.dumps({**told, "peak_mb": used.ru_maxrss / 1024, "cpu_s": used.ru_utime + used.ru_stime}))


if __name__ == "__main__":
    main()
