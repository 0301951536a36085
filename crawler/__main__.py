"""`python -m crawler [TARGET...] [--url URL] [--due] [--recheck] [--json-progress]`: crawl until done.

Exit 0 when everything was looked at that may be, 2 for wrong use, 1 when the crawl could not go on. SIGTERM and
Ctrl-C stop cleanly: what was accepted is durable, what was not is left for the next crawl.
"""

import argparse
import sys


def main() -> int:
    """Read the command line and crawl."""
    parser = argparse.ArgumentParser(prog="python -m crawler", description="Look at public places.")
    parser.add_argument("targets", nargs="*", metavar="TARGET", help="names of targets; none: all not paused")
    parser.add_argument("--url", action="append", default=[], metavar="URL", help="look at this address, too")
    parser.add_argument("--due", action="store_true", help="leave out pages whose own interval has not passed")
    parser.add_argument("--recheck", action="store_true", help="only answer the waiting re-check requests")
    parser.add_argument("--json-progress", action="store_true", help="print progress as lines of JSON")
    chosen = parser.parse_args()
    # Scrapy and its libraries take half a second to import: not before the command line is known to be right.
    from crawler.crawling import crawl
    from crawler.errors import BadTarget, CrawlerError, UnknownKind, UnknownTarget

    try:
        return crawl(
            chosen.targets,
            chosen.url,
            recheck=chosen.recheck,
            due_only=chosen.due,
            json_progress=chosen.json_progress,
        )
    except (UnknownTarget, UnknownKind, BadTarget) as error:
        print(error, file=sys.stderr)  # noqa: T201 - a command's answer
        return 2
    except CrawlerError as error:
        print(error, file=sys.stderr)  # noqa: T201
        return 1


if __name__ == "__main__":
    sys.exit(main())
