"""Quiet hours: times of the day, in the operator's own time zone, at which a place is left alone."""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from crawler.errors import CrawlerError

SPAN = re.compile(r"(\d{1,2}):(\d{2})-(\d{1,2}):(\d{2})")
DAY = 24 * 60


def operator_zone(environ: Mapping[str, str] = os.environ) -> tzinfo:
    """Return the time zone of WATCHLIGHT_TIMEZONE ("Asia/Seoul"), else this machine's own; raise CrawlerError."""
    name = environ.get("WATCHLIGHT_TIMEZONE", "")
    if not name:
        return datetime.now().astimezone().tzinfo or ZoneInfo("UTC")
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise CrawlerError(f"WATCHLIGHT_TIMEZONE is a name like Asia/Seoul, not {name!r}.") from error


@dataclass(frozen=True, slots=True)
class QuietHours:
    """Spans of a day, each in minutes after midnight; one may reach over midnight."""

    spans: tuple[tuple[int, int], ...] = ()

    @classmethod
    def parse(cls, text: str) -> "QuietHours":
        """Read "23:00-07:00, 12:00-13:00"; raise ValueError with what is wrong."""
        return cls(tuple(_span(part.strip()) for part in text.split(",") if part.strip()))

    def until(self, now: datetime) -> datetime | None:
        """Return when the quiet time around `now` (aware, in the operator's zone) ends; None when it is not quiet."""
        end = now
        for _ in range(2 * len(self.spans) + 1):
            left = self._left(end.hour * 60 + end.minute)
            if not left:
                break
            # By the clock on the wall: where it is set forward or back, quiet hours keep their names.
            end = (end + timedelta(minutes=left)).replace(second=0, microsecond=0)
        return end if end > now else None

    def _left(self, minute: int) -> int:
        """Return the minutes until the span around a minute of the day ends, 0 outside all spans."""
        covers = [(end - minute) % DAY for start, end in self.spans if (minute - start) % DAY < (end - start) % DAY]
        return max(covers, default=0)


def _span(text: str) -> tuple[int, int]:
    found = SPAN.fullmatch(text)
    if found is None:
        raise ValueError(f"quiet hours are written like 23:00-07:00, not {text!r}")
    hours = [int(found[1]), int(found[3])]
    minutes = [int(found[2]), int(found[4])]
    if max(minutes) > 59 or hours[0] > 23 or hours[1] > 24 or hours[1] * 60 + minutes[1] > DAY:
        raise ValueError(f"there is no such time of day: {text!r}")
    start, end = hours[0] * 60 + minutes[0], (hours[1] * 60 + minutes[1]) % DAY
    if start == end:
        raise ValueError(f"{text!r} would be quiet all day: pause the target instead")
    return start, end
