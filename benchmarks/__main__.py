"""`python -m benchmarks NAME`: run one benchmark; without a name, say which there are."""

import runpy
import sys
from pathlib import Path


def main() -> None:
    """Run `benchmarks.NAME` with the other arguments."""
    names = sorted(p.parent.name for p in Path(__file__).parent.glob("*/__main__.py"))
    if len(sys.argv) < 2 or sys.argv[1] not in names:
        sys.exit(f"usage: python -m benchmarks NAME [OPTIONS]\nbenchmarks: {', '.join(names)}")
    sys.argv = [f"benchmarks {sys.argv[1]}", *sys.argv[2:]]
    runpy.run_module(f"benchmarks.{sys.argv[0].split()[1]}", run_name="__main__")


if __name__ == "__main__":
    main()
