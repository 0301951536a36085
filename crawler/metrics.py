"""What the crawler counts. Labels name targets, reasons, outcomes and spiders; never an address."""

from prometheus_client import Counter, Gauge, Histogram

pages = Counter("watchlight_crawler_pages", "Pages looked at", ["target", "outcome"])
pictures = Counter(
    "watchlight_crawler_pictures", "Pictures met, by what became of them", ["target", "outcome"]
)
bytes_received = Counter("watchlight_crawler_bytes", "Bytes received", ["target"])
refusals = Counter(
    "watchlight_crawler_refusals", "What was not fetched or not used, and why", ["target", "reason"]
)
workers_ended = Counter("watchlight_crawler_workers_ended", "Workers ended by a limit", ["reason"])
waiting = Gauge("watchlight_crawler_waiting", "Addresses waiting in the frontier", ["target"])
in_flight = Gauge("watchlight_crawler_in_flight", "Pages being worked on", ["target"])
store_retries = Counter(
    "watchlight_crawler_store_retries", "Writes repeated because the store was away", ["reason"]
)
flush_seconds = Histogram("watchlight_crawler_flush_seconds", "Time one batch of writes takes")
