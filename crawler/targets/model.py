"""CrawlTarget: one public place we may look at, with its kind, scope, pace, budget and the reason why."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Self

from crawler.errors import BadTarget
from crawler.hours import QuietHours
from egress.addresses import BadAddress, host_of, normal, path_of
from matchers import video

NAME = re.compile(r"[\w][\w.-]{0,63}")
LIMITS: dict[str, tuple[float, float]] = {
    "depth": (0, 100),
    "max_pages": (1, 1_000_000),
    "max_pictures": (0, 10_000_000),
    "max_mb": (1, 1_000_000),
    "max_hours": (0.001, 24 * 30),
    "delay_s": (0, 3600),
    "interval_s": (60, 366 * 86400),
    "interval_min_s": (60, 366 * 86400),
    "interval_max_s": (60, 366 * 86400),
}
LONGEST_REST_S = 14 * 86_400.0
"""Sightings are kept for 30 days: a page left alone for longer than this would drop out of the log unseen."""


@dataclass(frozen=True)
class CrawlTarget:
    """A public place to look at.

    `urls`: where to start. `hosts`: hosts whose pages belong to the place (default: those of `urls`);
    `paths`: path prefixes that belong to it (default: all). Pictures may lie on any host.
    `depth`: links away from a start address. `max_*`: budget of one crawl. `delay_s`: seconds between two
    requests to one site, at least; robots.txt may ask for more. `interval_s`: seconds until it is due again; a page
    that keeps changing is due sooner, but not before `interval_min_s` (usual: `interval_s`), one that stays the same
    later, but not after `interval_max_s` (usual: eight times `interval_s`, 14 days at most).
    `quiet_hours`: times of day, in the operator's time zone, at which no page is begun: "23:00-07:00,12:00-13:00".
    `whole_image_only`: parts of photos are not looked for here, at a tenth of the cost. `videos`: frames of its videos
    are looked at, where the extra `video` is installed. `shown`: people may read its name where we tell them where we
    looked; otherwise it is only counted.
    `reason`: why we look here, for whoever audits it. `options`: what only this kind of spider understands.
    """

    name: str
    urls: tuple[str, ...]
    kind: str = "pages"
    hosts: tuple[str, ...] = ()
    paths: tuple[str, ...] = ()
    depth: int = 2
    max_pages: int = 500
    max_pictures: int = 10_000
    max_mb: float = 2_000
    max_hours: float = 6
    delay_s: float = 1.0
    interval_s: float = 86_400
    interval_min_s: float | None = None
    interval_max_s: float | None = None
    reason: str = ""
    whole_image_only: bool = False
    paused: bool = False
    options: Mapping[str, str] = field(default_factory=dict, hash=False)
    quiet_hours: str = ""
    shown: bool = False
    videos: bool = False

    def __post_init__(self) -> None:
        if not NAME.fullmatch(self.name):
            raise BadTarget(
                f"A target's name is 1 to 64 letters, digits, dots, dashes, underscores: not {self.name!r}."
            )
        if not self.urls:
            raise BadTarget(f"Target {self.name} needs at least one address to start from.")
        object.__setattr__(self, "urls", tuple(dict.fromkeys(_normal(self.name, url) for url in self.urls)))
        object.__setattr__(self, "hosts", tuple(dict.fromkeys(_host(self.name, host) for host in self.hosts)))
        object.__setattr__(self, "paths", tuple(self.paths))
        object.__setattr__(self, "options", dict(self.options))
        for path in self.paths:
            if not path.startswith("/"):
                raise BadTarget(f"Target {self.name}: a path of its scope starts with '/', {path!r} does not.")
        try:
            QuietHours.parse(self.quiet_hours)
        except ValueError as error:
            raise BadTarget(f"Target {self.name}: {error}.") from error
        self._check_numbers()

    def _check_numbers(self) -> None:
        for name, (low, high) in LIMITS.items():
            value = getattr(self, name)
            if value is None and name in ("interval_min_s", "interval_max_s"):
                continue
            if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
                raise BadTarget(f"Target {self.name}: {name} is a number from {low:g} to {high:g}, not {value!r}.")

        if not self.soonest_s <= self.interval_s <= self.latest_s:
            raise BadTarget(
                f"Target {self.name}: interval_s lies between interval_min_s and interval_max_s; "
                f"{self.interval_s:g} is not between {self.soonest_s:g} and {self.latest_s:g}."
            )

    @property
    def soonest_s(self) -> float:
        """Seconds a page is left alone at least."""
        return self.interval_s if self.interval_min_s is None else self.interval_min_s

    @property
    def latest_s(self) -> float:
        """Seconds a page is left alone at most."""
        usual = max(self.interval_s, min(8 * self.interval_s, LONGEST_REST_S))
        return usual if self.interval_max_s is None else self.interval_max_s

    @property
    def looks_at_videos(self) -> bool:
        """Say whether its videos are looked at here."""
        return self.videos and video.is_installed()

    @cached_property
    def scope_hosts(self) -> frozenset[str]:
        """Hosts whose pages belong to the place, lower case, without ports."""
        return frozenset(self.hosts) or frozenset(host_of(url) for url in self.urls)

    @cached_property
    def quiet(self) -> QuietHours:
        """Its quiet hours."""
        return QuietHours.parse(self.quiet_hours)

    def in_scope(self, url: str) -> bool:
        """Return whether the page at `url` belongs to this place. A start address always does."""
        try:
            address = normal(url)
        except BadAddress:
            return False
        if address in self.urls:
            return True
        if host_of(address) not in self.scope_hosts:
            return False
        return not self.paths or path_of(address).startswith(self.paths)

    def changed(self, **changes: Any) -> Self:
        """Return the same target with some fields changed."""
        return replace(self, **changes)

    def to_dict(self) -> dict[str, Any]:
        """Return plain values, for JSON and TOML; the inverse of from_dict."""
        fields = {name: getattr(self, name) for name in self.__dataclass_fields__}
        fields["options"] = dict(self.options)
        return {name: list(value) if isinstance(value, tuple) else value for name, value in fields.items()}

    @classmethod
    def from_dict(cls, untrusted: Mapping[str, Any]) -> Self:
        """Build a target from plain values; raise BadTarget with the field's name."""
        fields = dict(untrusted)
        name = str(fields.get("name", "?"))
        unknown = sorted(set(fields) - set(cls.__dataclass_fields__))
        if unknown:
            raise BadTarget(
                f"Target {name}: unknown field {unknown[0]!r}; fields are {', '.join(cls.__dataclass_fields__)}."
            )
        for plural in ("urls", "hosts", "paths"):
            value = fields.get(plural, [])
            if not isinstance(value, list | tuple) or not all(isinstance(one, str) for one in value):
                raise BadTarget(f"Target {name}: {plural} is a list of texts.")
            fields[plural] = tuple(value)
        for text in ("name", "kind", "reason", "quiet_hours"):
            if not isinstance(fields.get(text, ""), str):
                raise BadTarget(f"Target {name}: {text} is a text.")
        for flag in ("paused", "whole_image_only", "videos", "shown"):
            if not isinstance(fields.get(flag, False), bool):
                raise BadTarget(f"Target {name}: {flag} is true or false.")
        options = fields.get("options", {})
        if not isinstance(options, Mapping):
            raise BadTarget(f"Target {name}: options is a table of texts.")
        fields["options"] = {str(key): str(value) for key, value in options.items()}
        return cls(**fields)


def _normal(name: str, url: str) -> str:
    if "://" not in url:
        url = f"https://{url}"
    try:
        return normal(url)
    except BadAddress as error:
        raise BadTarget(f"Target {name}: cannot use the address {url!r}: {error}.") from error


def _host(name: str, host: str) -> str:
    try:
        return host_of(f"http://{host}/")
    except BadAddress as error:
        raise BadTarget(f"Target {name}: {host!r} is not a host name.") from error
