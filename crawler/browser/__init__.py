"""A Chromium that runs a page's scripts for us, behind a proxy of our own: found, started, bounded, ended."""

from crawler.browser.find import Obtained, browser_folder, find_chromium, get_chromium

__all__ = ["Obtained", "browser_folder", "find_chromium", "get_chromium"]
