"""Targets: the public places we may look at, and why. Kept in the crawl store, carried as TOML."""

from crawler.targets.model import CrawlTarget

__all__ = ["CrawlTarget"]
