"""`python -m benchmarks alerts`: a thousand alerts, a sender killed again and again, peers that misbehave."""

import argparse
import sys
import tempfile
from pathlib import Path

from benchmarks.alerts.trial import run


def main() -> None:
    """Run the trial and print its counts; exit 1 when an alert was lost or doubled without a reason."""
    asked = argparse.ArgumentParser(prog="python -m benchmarks alerts", description=__doc__)
    asked.add_argument("--alerts", type=int, default=1000)
    asked.add_argument("--kills", type=int, default=25)
    asked.add_argument("--seed", type=int, default=7)
    options = asked.parse_args()
    with tempfile.TemporaryDirectory(prefix="watchlight-alerts-") as folder:
        result = run(Path(folder), alerts=options.alerts, kills=options.kills, seed=options.seed)
    faults = ", ".join(f"{name} {count}" for name, count in sorted(result.faults.items()))
    print(f"{result.alerts} alerts by mail and webhook, sender killed {result.kills} times, seed {options.seed}")
    print(f"answers of the peers: {faults}")
    print(f"lost {result.lost}, given up {result.given_up}")
    print(f"doubled {result.doubled}, of these without an acceptance we could not know of: {result.unexplained}")
    print(f"{result.seconds:.0f} s")
    sys.exit(1 if result.lost or result.unexplained else 0)


if __name__ == "__main__":
    main()
