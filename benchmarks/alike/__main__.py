"""`python -m benchmarks alike`: the table of pictures that share what is not their own."""

import argparse

from benchmarks.alike.run import Plan, table
from benchmarks.alike.run import __doc__ as explained
from benchmarks.recall import photos


def main() -> None:
    """Read the options, make the pictures, print the table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks alike", description=explained)
    photos.add_option(parser)
    parser.add_argument("--count", type=int, default=135)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    plan = Plan(options.photos, options.count, options.seed)
    print(f"seed {plan.seed}, {plan.count} pictures enrolled and {plan.count} asked of each kind")
    for line in table(plan):
        print(line, flush=True)


if __name__ == "__main__":
    main()
