"""`python -m benchmarks strangers`: false alarms, counted and extrapolated."""

import argparse
import os
from pathlib import Path

from benchmarks.strangers.run import Plan, run, tail


def main() -> None:
    """Read the options, run, print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks strangers", description=__doc__)
    parser.add_argument("--photos", type=Path, default=os.environ.get("WATCHLIGHT_BENCH_PHOTOS", "../shared/photos"))
    parser.add_argument("--asked", type=int, default=3000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    if not (Path(options.photos) / "manifest.jsonl").is_file():
        parser.error(
            f"no photos at {options.photos}: give --photos a folder with manifest.jsonl, enrolled/ and others/"
        )
    plan = Plan(Path(options.photos), options.asked, options.seed)
    print(f"seed {plan.seed}")
    for line in tail(run(plan)):
        print(line, flush=True)


if __name__ == "__main__":
    main()
