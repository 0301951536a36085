"""Targets: the public places we may look at, and why. Kept in the crawl store, carried as TOML."""

from crawler.targets.carried import to_toml, write_toml
from crawler.targets.model import CrawlTarget
from crawler.targets.reading import read_placed, read_toml

__all__ = ["CrawlTarget", "read_placed", "read_toml", "to_toml", "write_toml"]
