"""`python -m benchmarks recall`: the recall table."""

import argparse
from pathlib import Path

from benchmarks.recall import edits, photos, run


def main(arguments: list[str] | None = None) -> None:
    """Read the options and run."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks recall", description=run.__doc__)
    photos.add_option(parser)
    parser.add_argument("--edited", type=int, default=30, help="how many of the enrolled photos are edited")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--edits", nargs="*", default=list(edits.EDITS), help="names of edits; all without")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--pairs", type=Path, help="write the scores of all pairs here, one JSON object a line")
    options = parser.parse_args(arguments)
    plan = run.Plan(options.photos, options.edited, options.seed, tuple(options.edits), options.processes)
    run.main(plan, options.pairs)


if __name__ == "__main__":
    main()
