"""`python -m benchmarks strangers`: false alarms, counted and extrapolated."""

import argparse

from benchmarks.recall import photos
from benchmarks.strangers.run import Plan, run, tail


def main() -> None:
    """Read the options, run, print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks strangers", description=__doc__)
    photos.add_option(parser)
    parser.add_argument("--asked", type=int, default=3000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    plan = Plan(options.photos, options.asked, options.seed)
    print(f"seed {plan.seed}")
    for line in tail(run(plan)):
        print(line, flush=True)


if __name__ == "__main__":
    main()
