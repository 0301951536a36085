"""What the crawler counts. Labels name targets, reasons, outcomes and spiders; never an address."""

import logging
import os
from collections.abc import Mapping
from typing import Any, Self

from prometheus_client import Counter, Gauge, Histogram, start_http_server

PORT = "WATCHLIGHT_CRAWL_METRICS_PORT"

logger = logging.getLogger(__name__)

pages = Counter("watchlight_crawler_pages", "Pages looked at", ["target", "outcome"])
pictures = Counter("watchlight_crawler_pictures", "Pictures met, by what became of them", ["target", "outcome"])
bytes_received = Counter("watchlight_crawler_bytes", "Bytes received", ["target"])
refusals = Counter("watchlight_crawler_refusals", "What was not fetched or not used, and why", ["target", "reason"])
workers_ended = Counter("watchlight_crawler_workers_ended", "Workers ended by a limit", ["reason"])
waiting = Gauge("watchlight_crawler_waiting", "Addresses waiting in the frontier", ["target"])
in_flight = Gauge("watchlight_crawler_in_flight", "Pages being worked on", ["target"])
new_sightings = Counter("watchlight_crawler_new_sightings", "Sightings not met before")
store_retries = Counter("watchlight_crawler_store_retries", "Writes repeated because the store was away", ["reason"])
fleet_away = Counter("watchlight_crawler_fleet_away", "Questions Valkey did not answer, by its trouble", ["reason"])
refills = Counter("watchlight_crawler_refills", "Times entries were fetched from the store to wait in Valkey")
taken_back = Counter("watchlight_crawler_leases_taken_back", "Entries taken back from crawlers that were gone")
pace_seconds = Histogram("watchlight_crawler_pace_seconds", "Time requests waited for their site's turn")
flush_seconds = Histogram("watchlight_crawler_flush_seconds", "Time one batch of writes takes")


class MetricsServer:
    """Scrapy extension: /metrics on loopback, where WATCHLIGHT_CRAWL_METRICS_PORT asks for it."""

    serving = False

    @classmethod
    def from_crawler(cls, crawler: Any) -> Self:  # noqa: ARG003 - Scrapy's interface
        """Start the server with the first crawl of the process."""
        serve(os.environ)
        return cls()


def serve(environ: Mapping[str, str]) -> None:
    """Serve /metrics on 127.0.0.1, once; a taken port is said and costs only the metrics."""
    port = environ.get(PORT, "")
    if MetricsServer.serving or not port:
        return
    if not port.isdigit() or not 0 < int(port) < 65536:
        logger.error("%s is not a port number; no metrics are served", PORT)
        return
    try:
        start_http_server(int(port), addr="127.0.0.1")
        MetricsServer.serving = True
    except OSError as error:
        logger.error("no metrics are served on port %s: %s", port, error.strerror)  # noqa: TRY400 - no traceback
