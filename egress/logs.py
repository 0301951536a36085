"""Logs to stderr that carry no address of a sighting, no mail address and no hash, whoever wrote the line.

The scrubbing happens on the finished text of every record: message, arguments and traceback alike, ours,
Scrapy's, Twisted's and uvicorn's. A library that logs a URL cannot leak it by a new kind of call.
"""

import logging
import re
import sys

import structlog

URL = re.compile(r"(?:[a-zA-Z][a-zA-Z0-9+.-]{1,20}://|\bwww\.|\bdata:[a-z]+/)[^\s'\"<>\]})]+")
MAIL = re.compile(r"[\w.+%-]+@[\w-]+(?:\.[\w-]+)+")
UUID = r"[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}\b"
HEX = re.compile(rf"(?<![\w-])(?!{UUID})(?:0x)?[0-9a-fA-F]{{16,}}(?![\w-])")
TOKEN = re.compile(rf"(?<![\w-])(?!{UUID})(?=[\w-]*\d)(?=[\w-]*[A-Za-z])[A-Za-z0-9_-]{{32,}}")

CERTIFICATE = "while verifying certificate"
"""How Twisted begins a traceback that names the host and what its certificate says; the crawl counts it as refused."""

TALKATIVE = ("alembic", "scrapy.addons", "scrapy.crawler", "scrapy.middleware", "scrapy.utils.log", "httpx")


def _worth_reading(record: logging.LogRecord) -> bool:
    if record.name.startswith("twisted") and CERTIFICATE in record.getMessage():
        return False
    return record.levelno >= logging.WARNING or not record.name.startswith(TALKATIVE)


def scrub(text: str) -> str:
    """Return `text` with every URL, mail address, long hexadecimal number and token replaced by a word."""
    text = URL.sub("[address]", text)
    text = MAIL.sub("[mail]", text)
    text = HEX.sub("[hash]", text)
    return TOKEN.sub("[token]", text)


class ScrubbingFormatter(structlog.stdlib.ProcessorFormatter):
    """Formats a record of structlog or of plain logging, then scrubs the finished text."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the scrubbed line (or lines, with a traceback)."""
        return scrub(super().format(record))


def configure(level: str | int = "INFO") -> None:
    """Send every log line of this process to stderr, scrubbed. Safe to call again.

    Servers that bring handlers of their own must be told not to (uvicorn: log_config=None).
    """
    before: list[structlog.types.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.stdlib.PositionalArgumentsFormatter(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.StackInfoRenderer(),
        structlog.processors.format_exc_info,
    ]
    handler = logging.StreamHandler(sys.stderr)
    # On the handler, because Scrapy sets its own loggers to DEBUG and resets the levels of those below them.
    handler.setLevel(level)
    handler.addFilter(_worth_reading)
    handler.setFormatter(
        ScrubbingFormatter(
            foreign_pre_chain=before,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.KeyValueRenderer(key_order=["timestamp", "level", "logger", "event"]),
            ],
        )
    )
    root = logging.getLogger()
    for old in [one for one in root.handlers if isinstance(one.formatter, ScrubbingFormatter)]:
        root.removeHandler(old)
    root.addHandler(handler)
    root.setLevel(level)
    structlog.configure(
        processors=[*before, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )
