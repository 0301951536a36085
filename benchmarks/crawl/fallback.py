"""`python -m benchmarks.crawl.fallback HOME PORT`: serves the site where there is no nginx, and keeps the same book.

Python's own HTTP server, on every host of the site: slow, so that it and not the crawlers may be what is measured.
"""

import http.server
import sys
import threading
import time
from pathlib import Path
from typing import Any

from benchmarks.crawl.hosts import HOSTS

BOOK = threading.Lock()


class Handler(http.server.SimpleHTTPRequestHandler):
    """Serves files, and writes down what it answered."""

    protocol_version = "HTTP/1.1"
    home = Path()

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments, directory=str(self.home / "site"))

    def send_head(self) -> Any:
        """Serve, then write."""
        file = super().send_head()
        size = Path(file.name).stat().st_size if file is not None else 0
        with BOOK, (self.home / "book.log").open("a") as book:
            book.write(f"{time.time():.3f} {200 if file is not None else 404} {size} {self.path}\n")
        return file

    def log_message(self, *_: object) -> None:
        """Say nothing."""


class Server(http.server.ThreadingHTTPServer):
    """One host."""

    daemon_threads = True
    request_queue_size = 128


def main() -> None:
    """Serve until killed."""
    Handler.home = Path(sys.argv[1])
    servers = [Server((host, int(sys.argv[2])), Handler) for host in HOSTS]
    for server in servers:
        threading.Thread(target=server.serve_forever, daemon=True).start()
    threading.Event().wait()


if __name__ == "__main__":
    main()
