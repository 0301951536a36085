"""`python -m benchmarks calibration PAIRS`: the curves of matchers/confidence.py, and how well they foretell.

PAIRS is what `python -m benchmarks recall --pairs PAIRS` wrote. For the table and the plot, the curves are fitted on
half of the photos and tried on the other half; those printed for matchers/confidence.py are fitted on all.
"""

import argparse
from pathlib import Path

import numpy as np

from benchmarks.calibration.curves import Bin, Sample, fitted, foretold, reliability
from benchmarks.calibration.pairs import Weighed
from benchmarks.calibration.plotting import plot


def kinds(weighed: Weighed) -> dict[str, tuple[Sample, Sample]]:
    """Return for each kind the pairs its curve is fitted on, and those it is tried on."""
    whole = weighed.whole_sample(patches=True)
    alone = weighed.whole_sample(patches=False)
    parts = weighed.part_sample("cropped", "region")
    return {
        "whole": (whole, weighed.whole_sample(patches=True, turned=False)),
        "flipped, rotated": (whole, weighed.whole_sample(patches=True, turned=True)),
        "whole, without patches": (alone, alone),
        "cropped": (parts, weighed.part_sample("cropped")),
        "region": (parts, weighed.part_sample("region")),
        "composite": (weighed.part_sample("composite"),) * 2,
    }


def tried(fit: Sample, on: Sample) -> list[Bin]:
    """Fit on each half, foretell the other, and put both together."""
    sure = np.empty(len(on.same))
    for half in (0, 1):
        sure[on.half == half] = foretold(fitted(fit.part(1 - half)), on.part(half).features)
    return list(reliability(sure, on))


def main() -> None:
    """Read the pairs, print curves and reliability, draw the plot."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks calibration", description=__doc__)
    parser.add_argument("pairs", type=Path)
    parser.add_argument("--svg", type=Path, help="draw the reliability plot here")
    options = parser.parse_args()
    weighed = Weighed.read(options.pairs)
    print(f"{weighed.copies} copies, {weighed.pairs} pairs; photos that share a place: {sorted(weighed.same_places())}")
    shown = {}
    for kind, (fit, on) in kinds(weighed).items():
        print(f"\n{kind}: curve {np.round(fitted(fit), 4).tolist()}")
        shown[kind] = tried(fit, on)
        for each in shown[kind]:
            counts = f"{each.same} the photo, {each.strangers} strangers"
            print(f"  foretold {each.foretold:.3f}  held {each.held:.3f}  ({counts})")
    if options.svg:
        options.svg.write_text(plot(shown))


if __name__ == "__main__":
    main()
