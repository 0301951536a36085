"""`python -m benchmarks enumeration`: does time tell who has an account? Known and unknown in turns, at each entrance.

Each try is made on a connection of its own: the request itself, and then at once a harmless second request on the
same connection, which would wait if the first one's work went on in its way. Known and unknown addresses take turns
in random order; a mail server that takes 100 ms is behind it. For each pair the distributions are printed, and the
two-sided p-value of a permutation test on the difference of medians: below 0.0017 (0.01 for six comparisons)
somebody who measures learns something.
"""

import argparse
import random
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import httpx
import numpy as np
from numpy.typing import NDArray

from portal.web.app import Settings
from registry import people, recovery
from tests.portal.served import Portal, serving, token

SURE = 0.01 / 6  # six comparisons are made
OPEN = "1000000 per hour"
ROUNDS = 5000


def main() -> None:
    """Measure and print; exit 1 when one entrance tells."""
    parser = argparse.ArgumentParser(prog="benchmarks enumeration", description=__doc__)
    parser.add_argument("--tries", type=int, default=300, help="tries of each kind and entrance")
    asked = parser.parse_args()
    links = {"sign_in_links_per_caller": OPEN, "sign_in_links_per_address": OPEN}
    limits = Settings(**links, code_tries_per_caller=OPEN, bad_keys_per_caller=OPEN)
    with tempfile.TemporaryDirectory() as folder, serving(Path(folder), limits, mail_s=0.1) as portal:
        with portal.registry.transaction("bench") as tx:
            for number in range(asked.tries):
                person = people.add_person(tx, f"known{number}", email=f"known{number}@example.org")
                recovery.new_code(tx, person)
        told = [measure(portal, entrance, asked.tries) for entrance in (sign_in, use_code, start_key)]
    raise SystemExit(1 if any(told) else 0)


def measure(portal: Portal, entrance: Callable[[httpx.Client, str, str], None], tries: int) -> bool:
    """Print what one entrance's times are, for known and unknown; say whether they tell."""
    order = [(known, number) for known in ("known", "nobody") for number in range(tries)]
    random.Random(7).shuffle(order)
    asked: dict[str, list[float]] = {"known": [], "nobody": []}
    after: dict[str, list[float]] = {"known": [], "nobody": []}
    for who, number in order:
        with portal.client() as client:
            secret = token(client, "/sign-in")
            asked[who].append(_timed(partial(entrance, client, secret, f"{who}{number}@example.org")))
            after[who].append(_timed(partial(client.get, "/sign-in")))
    print(f"\n{entrance.__name__.replace('_', ' ')}, {tries} tries each, in ms: 5, 25, 50, 75, 95 %")
    return _told("asked", asked) | _told("after", after)


def sign_in(client: httpx.Client, secret: str, address: str) -> None:
    """Ask for a link by mail."""
    answer = client.post("/sign-in", data={"token": secret, "address": address})
    assert answer.headers["location"] == "/sign-in/sent"


def use_code(client: httpx.Client, secret: str, address: str) -> None:
    """Try a wrong recovery code: none names anybody, so "known" only means that there is one more code."""
    assert client.post("/recover", data={"token": secret, "code": address[:24]}).status_code == 422


def start_key(client: httpx.Client, secret: str, _address: str) -> None:
    """Begin to sign in by passkey."""
    host = client.base_url.netloc.decode().replace("127.0.0.1", "localhost")
    headers = {"Host": host, "X-Form-Token": secret, "Content-Type": "application/json"}
    assert client.post("/sign-in/key/start", content=b"{}", headers=headers).status_code == 200


def _timed(act: Callable[[], object]) -> float:
    begin = time.perf_counter()
    act()
    return (time.perf_counter() - begin) * 1000


def _told(part: str, times: dict[str, list[float]]) -> bool:
    known, nobody = np.array(times["known"]), np.array(times["nobody"])
    for who, each in times.items():
        print(f"  {part:6}{who:7}" + "".join(f"{value:9.2f}" for value in np.percentile(each, (5, 25, 50, 75, 95))))
    chance = p_value(known, nobody)
    print(f"  {part:6}difference of medians {np.median(known) - np.median(nobody):+.3f} ms, p = {chance:.3f}")
    return chance < SURE


def p_value(one: NDArray[np.float64], other: NDArray[np.float64]) -> float:
    """Return how often times shuffled between the two differ in their medians as much as these do."""
    draw, both = np.random.default_rng(1), np.concatenate([one, other])
    seen = abs(np.median(one) - np.median(other))
    shuffled = np.array([draw.permutation(both) for _ in range(ROUNDS)])
    apart = np.abs(np.median(shuffled[:, : len(one)], axis=1) - np.median(shuffled[:, len(one) :], axis=1))
    return float((1 + (apart >= seen).sum()) / (1 + ROUNDS))


main()
