"""`python -m benchmarks hostile`: what a hostile web can do to a crawl. Everything stays on this machine.

1. More than 500 addresses that lead inside, and every browser vector, in a network namespace where 18 internal
   addresses really answer (Linux as root; elsewhere this part is left to the tests).
2. Every hostile answer alone: how long it lasts, how much the crawling process grows.
3. The event loop, and the pace at a good host, in peace and while bombs arrive from six others.
Exit code 1 when a bound is broken. `own CPU` of the loop is what our code costs; `wall` has the machine's noise in it.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from typing import Any

from benchmarks.hostile.outside import HostileServer
from tests.crawler.conftest import crawler_environment

TIMEOUT_S = 5
GROWTH_MB = 64


def part(name: str, port: int, home: str) -> dict[str, Any]:
    """Run one part in a crawling process of its own."""
    environ = crawler_environment(
        WATCHLIGHT_HOME=home, WATCHLIGHT_DOWNLOAD_TIMEOUT=str(TIMEOUT_S), WATCHLIGHT_LOG_LEVEL="ERROR"
    )
    command = [sys.executable, "-m", "benchmarks.hostile.inside", name, str(port)]
    done = subprocess.run(command, env=environ, stdout=subprocess.PIPE, check=True)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def reach(home: str) -> bool:
    """Print what reached the inside."""
    if os.geteuid() != 0 or shutil.which("unshare") is None or shutil.which("ip") is None:
        print("inside: no network namespace here (needs Linux and root); see tests/crawler/browser/test_walls.py")
        return True
    command = ["unshare", "--net", "--mount", sys.executable, "-m", "benchmarks.hostile.namespace"]
    environ = {**os.environ, "WATCHLIGHT_HOME": home, "WATCHLIGHT_LOG_LEVEL": "ERROR"}
    done = subprocess.run(command, env=environ, stdout=subprocess.PIPE, check=True)
    found = json.loads(done.stdout)
    crawl, browser = found["crawl"], found["browser"]
    print(f"canary answers on {len(found['reachable'])} internal addresses when asked past the guard")
    print(f"crawler: {crawl['urls']} hostile addresses, {len(found['crawl_hits'])} connections inside")
    print("   ", ", ".join(f"{count} {reason}" for reason, count in crawl["reasons"].items()))
    print(f"browser: {browser}, {len(found['browser_hits'])} connections inside")
    return not found["crawl_hits"] and not found["browser_hits"] and bool(found["reachable"])


def endure(server: HostileServer, home: str) -> bool:
    """Print what every hostile answer costs."""
    rows = part("endure", server.port, home)["rows"]
    print(f"\n{'answer':<36}{'seconds':>8}{'worker s':>9}{'grows MB':>9}  ended as")
    kept = True
    for name, came, worked, grown, said in rows:
        broken = came > TIMEOUT_S + 1 or grown > GROWTH_MB
        kept = kept and not broken
        print(f"{name:<36}{came:>8}{worked:>9}{grown:>9}  {said}{'   <-- over its bound' if broken else ''}")
    slowest, longest, largest = (max(row[column] for row in rows) for column in (1, 2, 3))
    print(
        f"{len(rows)} answers; slowest {slowest} s (bound {TIMEOUT_S + 1}), longest work {longest} s, "
        f"largest growth {largest} MB (bound {GROWTH_MB})"
    )
    return kept


def others(server: HostileServer, home: str) -> bool:
    """Print how the loop and a good host fare while bombs arrive."""
    found = part("others", server.port, home)
    calm, storm = found["calm"], found["storm"]
    kept = storm["good"] / max(calm["good"], 0.01)
    print(f"\n{'event loop, ms':<18}{'median':>8}{'p99':>8}{'max':>8}")
    for name, one in (("in peace", calm), ("under bombs", storm)):
        for kind in ("own_cpu_ms", "wall_ms"):
            label = f"{name}, {kind[:-3].replace('_', ' ')}"
            print(f"{label:<26}{one[kind]['median']:>6}{one[kind]['p99']:>8}{one[kind]['max']:>8}")
    print(
        f"good host: {calm['good']:.2f} pages a second in peace, {storm['good']:.2f} under {found['bombs']} bombs "
        f"= {kept:.0%} of its pace (goal 90 %)"
    )
    own = storm["own_cpu_ms"]
    return bool(kept >= 0.9 and own["p99"] <= 50 and own["max"] <= 250)


def main() -> int:
    """Run the parts."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks hostile")
    parser.add_argument("parts", nargs="*", metavar="PART", help="reach, endure or others; none: all three")
    chosen = parser.parse_args()
    print(
        "load of this machine:",
        " ".join(f"{value:.1f}" for value in os.getloadavg()),
        "on",
        os.cpu_count(),
        "processors",
    )
    with tempfile.TemporaryDirectory(prefix="watchlight-hostile-") as home:
        server = HostileServer()
        parts = {
            "reach": lambda: reach(home),
            "endure": lambda: endure(server, home),
            "others": lambda: others(server, home),
        }
        held = [parts[name]() for name in chosen.parts or parts]
    return int(not all(held))


if __name__ == "__main__":
    sys.exit(main())
