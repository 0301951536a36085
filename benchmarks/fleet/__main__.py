"""`python -m benchmarks fleet [--minutes 7] [--away 60]`: a fleet that is killed, and how fast one is.

Real PostgreSQL and Valkey; four crawlers and two matchers on loopback sites, one of each killed (`kill -9`) every few
seconds. With `--away` Valkey and PostgreSQL are gone for a time besides. Exit code 1 when anything was lost, matched or
told twice, or a withdrawal took longer than 5 s. `--throughput` measures 1, 2 and 4 crawlers instead;
`--withdrawals` starts two matchers again and again and withdraws at bad moments.
"""

import argparse
import json
import os
import signal
import sys
import tempfile

from benchmarks.fleet import throughput, trial
from benchmarks.fleet.report import bad, report
from benchmarks.fleet.servers import servers
from benchmarks.fleet.withdrawals import Withdrawals


def options() -> argparse.ArgumentParser:
    """Return what may be said on the command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks fleet")
    parser.add_argument("--pages", type=int, help="of each of the 4 sites (350); with --throughput of all (160)")
    parser.add_argument("--every", type=float, default=6.0, help="seconds between kills")
    parser.add_argument("--delay", type=float, default=0.4, help="pace of a site, in seconds")
    parser.add_argument("--minutes", type=float, default=7.0, help="kill for so long at most; then finish")
    parser.add_argument("--away", type=float, default=0.0, help="seconds that Valkey, then PostgreSQL, are gone")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--throughput", action="store_true", help="measure 1, 2 and 4 crawlers instead")
    parser.add_argument("--withdrawals", type=int, metavar="ROUNDS", help="withdraw at bad moments instead")
    parser.add_argument("--json", action="store_true")
    return parser


def main() -> int:
    """Run the benchmark and print its report."""
    chosen = options().parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("stopped"))  # so that nothing is left behind
    if chosen.throughput:
        return throughput.main(chosen.pages or 160, as_json=chosen.json)
    if chosen.withdrawals:
        return _withdrawals(chosen.withdrawals, chosen.seed, as_json=chosen.json)
    plan = trial.Plan(
        pages=chosen.pages or 350,
        every_s=chosen.every,
        delay_s=chosen.delay,
        killing_s=chosen.minutes * 60,
        seed=chosen.seed,
        away_s=chosen.away,
    )
    with servers() as there, tempfile.TemporaryDirectory(prefix="wl-fleet-home-") as home:
        tried = trial.Trial(plan, there)
        os.environ.update(trial.environment(there, home))
        try:
            tried.prepare()
            tried.run()
            found = report(tried)
        finally:
            tried.end()
    _print(found, as_json=chosen.json)
    wrong = bad(found)
    for line in wrong:
        print(line, file=sys.stderr)
    return int(bool(wrong))


def _withdrawals(rounds: int, seed: int, *, as_json: bool) -> int:
    with servers() as there, tempfile.TemporaryDirectory(prefix="wl-fleet-home-") as home:
        os.environ.update(trial.environment(there, home))
        found = Withdrawals(rounds, seed).run()
    _print(found, as_json=as_json)
    return int(bool(found["over 5 s"] or found["written after the withdrawal"]))


def _print(found: dict[str, object], *, as_json: bool) -> None:
    if as_json:
        print(json.dumps(found))
        return
    for name, value in found.items():
        print(f"{name.replace('_', ' '):<26} {value}")


if __name__ == "__main__":
    os.environ.setdefault("WATCHLIGHT_LOG_LEVEL", "ERROR")
    sys.exit(main())
