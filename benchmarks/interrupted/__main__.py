"""`python -m benchmarks interrupted [--only NAME ...] [--tries 3]`: long commands, stopped and gone on with.

Long commands are ended by Ctrl-C, SIGTERM and `kill -9` again and again while they work, called again, and must end
where the same command ends when nobody disturbs it: exposures, alerts, decisions, positions, lists, targets, sightings,
blocks and archive, each thing as often as it is. The progress shown must go on where it was. Exit code 1 otherwise.
"""

import argparse
import random
import shutil
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from benchmarks.interrupted.made import LIST, Size, Stores, empty, fill
from benchmarks.interrupted.trial import SIGNALS, disturbed, undisturbed
from tests.servers import OwnPostgres


@dataclass(frozen=True)
class Case:
    """A command, and what lies in the stores and beside them before."""

    about: str
    command: Callable[[Path], tuple[str, ...]]
    size: Size
    archived: bool = True


def hashes(folder: Path) -> tuple[str, ...]:
    """A file of the exchange: new hashes, known ones, withdrawn ones."""
    file, dice = folder / "list.csv", random.Random(1)
    rows = [
        f"{n % 5500},{dice.randbytes(32).hex()},HASH_PDQ,{'true' if n % 50 == 49 else 'false'}" for n in range(6_000)
    ]
    file.write_text("\n".join(["id,indicator,type,should_delete", *rows]) + "\n")
    return ("hashes", "import", LIST, str(file))


def targets(folder: Path) -> tuple[str, ...]:
    """A list of thirty thousand places."""
    file = folder / "targets.toml"
    file.write_text(
        "\n".join(f'[[target]]\nname = "place-{n}"\nurls = ["https://board{n}.example/"]\n' for n in range(30_000))
    )
    return ("target", "import", str(file))


SMALL = Size(sightings=2_048, old=0, photos=1, copies=1)
CASES = {
    "look-back": Case(
        "for new photos, few: blocks, then the archive", lambda _: ("match", "--no-send"), Size(12_000, 5_000, 40, 20)
    ),
    "look-back-many": Case("for more than 64", lambda _: ("match", "--no-send"), Size(6_000, 3_000, 80, 15)),
    "again": Case("everything once more", lambda _: ("match", "--retro", "--no-send"), Size(8_000, 4_000, 40, 20)),
    "archive": Case("into Parquet", lambda _: ("archive", "--older-than", "1"), Size(40_000, 36_000, 1, 1), False),
    "hashes": Case("an exchange's list", hashes, SMALL),
    "targets": Case("a file of places", targets, SMALL),
}


def main() -> int:
    """Run the trials and print what came of each."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks interrupted")
    parser.add_argument("--only", nargs="+", choices=list(CASES), default=list(CASES))
    parser.add_argument("--kinds", nargs="+", choices=("sqlite", "postgresql"), default=["sqlite", "postgresql"])
    parser.add_argument("--tries", type=int, default=3, help="interruptions by each signal")
    parser.add_argument("--seed", type=int, default=1)
    chosen = parser.parse_args()
    home = Path(tempfile.mkdtemp(prefix="wl-interrupted-"))
    home.chmod(0o755)  # PostgreSQL does not run as root
    server = OwnPostgres(home / "pg") if "postgresql" in chosen.kinds else None
    dice, good = random.Random(chosen.seed), True
    try:
        for kind in chosen.kinds:
            for name in chosen.only:
                maintenance = server.uri if server is not None and kind == "postgresql" else ""
                prepared = empty(home / f"{kind}-{name}", maintenance)
                good = _tried(f"{name}, {kind}", CASES[name], prepared, chosen.tries, dice) and good
                prepared.end()
    finally:
        if server is not None:
            server.end()
        shutil.rmtree(home, ignore_errors=True)
    return int(not good)


def _tried(name: str, case: Case, prepared: Stores, tries: int, dice: random.Random) -> bool:
    """Try one command with each signal, and print what came of it."""
    fill(prepared, case.size, 1, archived=case.archived)
    command = case.command(prepared.folder)
    wanted, took = undisturbed(prepared, prepared.folder.with_name("undisturbed"), command)
    print(f"{name} ({case.about}): {took:.0f} s undisturbed", flush=True)
    good = True
    for end in SIGNALS:
        trial = disturbed(prepared, prepared.folder.with_name("disturbed"), command, wanted, [end] * tries, dice)
        good = good and not trial.wrong
        came = "; ".join(trial.wrong) or "the same end, nothing twice, progress went on"
        print(f"  {end.name}: {trial.interrupted} times, {trial.early} at the start: {came}", flush=True)
    return good


if __name__ == "__main__":
    sys.exit(main())
