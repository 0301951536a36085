"""A network of its own (Linux, as root): internal and public addresses that answer here, and no way out.

`python -m benchmarks.hostile.namespace` is run inside `unshare --net --mount` and prints one line of JSON.
"""

import asyncio
import json
import os
import subprocess
import sys
import tempfile
from typing import Any

from benchmarks.hostile.addresses import INSIDE, INSIDE_6
from benchmarks.hostile.outside import Canary
from crawler.browser import find_chromium
from crawler.browser.render import Browser
from crawler.browser.visit import NotRendered
from tests.crawler.browser.test_walls import VECTORS
from tests.crawler.conftest import Answer, LittleSite

PUBLIC = "93.184.215.14"
NAMES = f"127.0.0.1 localhost\n10.0.0.1 inside.test canary.test\n{PUBLIC} mixed.test public.test\n10.0.0.1 mixed.test\n"
BROWSER_HOSTS = ("127.0.0.1", "10.0.0.1", "inside.test", "169.254.169.254", "[fd00::1]", "mixed.test")
MOVES = ("location", "meta refresh")


def make_network() -> None:
    """Bring loopback up and give it every address we try, and a public one for the page itself."""
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    for address in (*INSIDE, PUBLIC, *INSIDE_6):
        width = "128" if ":" in address else "32"
        subprocess.run(["ip", "addr", "add", f"{address}/{width}", "dev", "lo"], check=False, stderr=subprocess.DEVNULL)
    with tempfile.NamedTemporaryFile("w", delete=False) as hosts:
        hosts.write(NAMES)
    subprocess.run(["mount", "--bind", hosts.name, "/etc/hosts"], check=True)


async def browser_vectors(canary: Canary) -> dict[str, Any]:
    """Show pages from a public address that try every vector at every kind of internal host."""
    chromium = find_chromium(os.environ)
    if chromium is None:
        return {"vectors": 0}
    site, refused = LittleSite(public=True), 0
    home = f"http://{PUBLIC}:{site.port}"
    async with Browser(chromium) as browser:
        for host in BROWSER_HOSTS:
            to = f"{host}:{canary.port}"
            site.pages["/redirect"] = Answer("", status=302, headers={"Location": f"http://{to}/redirected"})
            site.pages["/worker.js"] = Answer(f"fetch('http://{to}/sw')", "text/javascript")
            one = {name: page.format(to=to, u=f"http://{to}", port=canary.port) for name, page in VECTORS.items()}
            pages = ["\n".join(text for name, text in one.items() if name not in MOVES), *(one[name] for name in MOVES)]
            for text in pages:
                site.pages["/page"] = f"<!doctype html><body><p>x{text}"
                try:
                    refused += sum((await browser.render(f"{home}/page")).refusals.values())
                except NotRendered as error:
                    return {"vectors": 0, "failed": error.reason}
    return {"vectors": len(VECTORS), "hosts": len(BROWSER_HOSTS), "refused": refused}


def main() -> int:
    """Attack from the network of our own."""
    make_network()
    canary = Canary()
    sings = [address for address in (*INSIDE, *INSIDE_6) if canary.sings(address)]
    canary.hits.clear()
    environ = {name: value for name, value in os.environ.items() if name != "WATCHLIGHT_ALLOW_LOOPBACK"}
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.hostile.inside", "reach", str(canary.port)],
        env={**environ, "WATCHLIGHT_DOWNLOAD_TIMEOUT": "3"},
        stdout=subprocess.PIPE,
        check=True,
    )
    crawl_hits = list(canary.hits)
    canary.hits.clear()
    browser = asyncio.run(browser_vectors(canary))
    found = {"reachable": sings, "crawl": json.loads(done.stdout), "crawl_hits": crawl_hits}
    print(json.dumps({**found, "browser": browser, "browser_hits": canary.hits}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
