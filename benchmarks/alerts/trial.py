"""One trial: write alerts, let a sender be killed again and again while its peers misbehave, and count at the end."""

import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

from benchmarks.alerts.faults import Peers, hook_server, mail_server
from matchers import Fingerprint
from matchers.fingerprint import VERSION
from matchers.hashes import ImageHash, pdq
from registry import cases, consents, enrolments, people
from registry.database import Registry
from registry.transaction import Transaction

KEY = bytes(range(32))
STEP = timedelta(hours=8)  # longer than the longest wait: everything that was put off is due again
HOUSE = Path(__file__).resolve().parents[2]
PER_PERSON = 25


@dataclass(frozen=True)
class Result:
    """What came of it. `unexplained`: doubled although no answer was lost and no sender died over it."""

    alerts: int
    kills: int
    lost: int
    given_up: int
    doubled: int
    unexplained: int
    faults: Mapping[str, int]
    seconds: float


def run(folder: Path, *, alerts: int, kills: int, seed: int) -> Result:
    """Run one trial on a SQLite registry in `folder`."""
    began, peers, dice = time.monotonic(), Peers(seed), random.Random(seed + 1)
    mail, hooks = mail_server(peers), hook_server(peers)
    url = f"sqlite:///{folder / 'registry.sqlite3'}"
    environ = {
        **os.environ,
        "WATCHLIGHT_SMTP_URL": f"smtp://127.0.0.1:{mail.port}",
        "WATCHLIGHT_MAIL_FROM": "news@alerts.example",
        "WATCHLIGHT_ALLOW_LOOPBACK": "1",
        "PYTHONPATH": str(HOUSE),
    }
    in_flight: set[str] = set()
    done = 0
    try:
        with Registry.open(url, KEY, wait_s=30) as registry:
            write(registry, alerts, f"http://127.0.0.1:{hooks.server_port}/")
            now = datetime.now(UTC)
            while left(registry):
                killed = _send(url, now, environ, peers, dice if done < kills else None)
                done += killed
                in_flight |= leased(registry) if killed else set()
                now += STEP
            ids, states = settled(registry)
    finally:
        mail.stop()
        hooks.shutdown()
    doubled = {each for each, count in peers.accepted.items() if count > 1}
    return Result(
        alerts=len(ids),
        kills=done,
        lost=len([each for each in ids if not peers.accepted[each]]) - states["given-up"],
        given_up=states["given-up"],
        doubled=len(doubled),
        unexplained=len(doubled - peers.answer_lost - in_flight),
        faults=peers.faults,
        seconds=time.monotonic() - began,
    )


def _send(url: str, now: datetime, environ: Mapping[str, str], peers: Peers, dice: random.Random | None) -> bool:
    """Let one sender work; with dice, kill it after some acceptances. Return whether it was killed."""
    command = [sys.executable, "-m", "benchmarks.alerts.sending", url, now.isoformat()]
    sender = subprocess.Popen(command, env=dict(environ), cwd=HOUSE, stderr=subprocess.DEVNULL)
    if dice is None:
        sender.wait(1200)
        return False
    goal = peers.accepted.total() + dice.randint(1, 40)
    while sender.poll() is None and peers.accepted.total() < goal:
        time.sleep(0.002)
    time.sleep(dice.random() * 0.02)
    if sender.poll() is not None:
        return False
    sender.send_signal(signal.SIGKILL)
    return sender.wait(30) == -signal.SIGKILL


def write(registry: Registry, alerts: int, hook: str) -> None:
    """Write alerts about one exposure each, half by mail and half by webhook."""
    for start in range(0, alerts, PER_PERSON):
        with registry.transaction("benchmark") as tx:
            name = f"Person {start}"
            mail = f"p{start}@example.org"
            person = people.add_person(tx, name, email=mail, webhook_url=hook, webhook_secret="s3cret")
            consents.give(tx, person)
            enrolment = enrolments.enrol(tx, person, made(start)).id
            for n in range(start, min(start + PER_PERSON, alerts)):
                cases.add_alert(tx, person, [exposed(tx, enrolment, n)], channels=["smtp" if n % 2 else "webhook"])


def exposed(tx: Transaction, enrolment: UUID, n: int) -> cases.Exposure:
    """Record one exposure."""
    digest = n.to_bytes(32, "big")
    seen, page = datetime(2026, 11, 20, tzinfo=UTC), f"https://forum.example/{n}"
    found, _ = cases.record_exposure(
        tx,
        enrolment,
        page_url=page,
        picture_url=f"{page}.jpg",
        target="forum",
        seen_at=seen,
        content_digest=digest,
        kind="whole",
        distance=0,
        confidence=0.99,
        reason="the same",
    )
    return found


def made(n: int) -> Fingerprint:
    """Return a fingerprint no other number has; no picture is needed to send a message."""
    whole = tuple(
        ImageHash(pdq.ALGORITHM, pdq.VERSION, (n * 8 + k + 1).to_bytes(32, "big")) for k in range(len(pdq.ORIENTATIONS))
    )
    return Fingerprint(VERSION, 640, 480, 100, whole)


def left(registry: Registry) -> int:
    """Return how many deliveries are not settled."""
    with registry.reading() as tx:
        return sum(each.state in ("waiting", "leased") for each in cases.deliveries(tx))


def leased(registry: Registry) -> set[str]:
    """Return the deliveries somebody was sending when they died."""
    with registry.reading() as tx:
        return {str(each.delivery_id) for each in cases.deliveries(tx) if each.state == "leased"}


def settled(registry: Registry) -> tuple[list[str], Counter[str]]:
    """Return all delivery ids, and how many ended in which state."""
    with registry.reading() as tx:
        every = cases.deliveries(tx)
    return [str(each.delivery_id) for each in every], Counter(each.state for each in every)
