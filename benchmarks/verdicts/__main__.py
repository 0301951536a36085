"""`python -m benchmarks verdicts`: the confusion table on the labelled responses, through the real crawler.

Exits 1 when more than 1 in 100 responses that are not gone would be called gone.
"""

import argparse
import sys
import tempfile
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from benchmarks.verdicts.cases import read
from benchmarks.verdicts.judging import Judged, judge
from crawler.store import CrawlStore

MOST_FALSE_GONE = 0.01
ORDER = (
    *("gone", "still-there", "moved", "blocked", "login-wall"),
    *("geo-blocked", "soft-404", "host-down", "unknown"),
)


def main() -> None:
    """Judge both parts and print their tables."""
    options = argparse.ArgumentParser(prog="benchmarks verdicts", description=__doc__)
    options.add_argument("--part", choices=("tuned", "heldout"), help="only this part")
    options.add_argument("--wrong", action="store_true", help="name every case whose verdict is not the true one")
    chosen = options.parse_args()
    failed = False
    for part in [chosen.part] if chosen.part else ["tuned", "heldout"]:
        with tempfile.TemporaryDirectory(prefix="watchlight-verdicts-") as folder:
            store = CrawlStore.open(f"sqlite:///{Path(folder) / 'crawl.sqlite3'}")
            judged = judge(read(part), store)
            store.close()
        failed |= _report(part, judged, name_wrong=chosen.wrong)
    sys.exit(1 if failed else 0)


def _report(part: str, judged: Sequence[Judged], *, name_wrong: bool) -> bool:
    false_gone = [each for each in judged if each.false_gone]
    not_gone = sum(each.case.truth != "gone" for each in judged)
    right = sum(each.second.outcome == each.case.truth for each in judged)
    vague = sum(each.second.outcome == "unknown" != each.case.truth for each in judged)
    print(
        f"\n{part}: {len(judged)} responses, {right} judged right, {vague} left unknown, "
        f"{len(judged) - right - vague} given another name"
    )
    print(f"false gone: {len(false_gone)} of {not_gone} that are not gone ({len(false_gone) / not_gone:.1%})")
    _table(judged)
    for each in judged:
        if each.false_gone or (name_wrong and each.second.outcome != each.case.truth):
            print(f"  {each.case.name}: {each.case.truth}, said {each.first} then {each.second}")
    return len(false_gone) > MOST_FALSE_GONE * not_gone


def _table(judged: Sequence[Judged]) -> None:
    counts = Counter((each.case.truth, each.second.outcome) for each in judged)
    print(f"{'true / said':<13}" + "".join(f"{said[:11]:>12}" for said in ORDER))
    for truth in ORDER:
        if any(counts[truth, said] for said in ORDER):
            print(f"{truth:<13}" + "".join(f"{counts[truth, said] or '.':>12}" for said in ORDER))


if __name__ == "__main__":
    main()
