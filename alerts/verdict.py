"""Is it really gone? A verdict from looks at the page, at the picture's file, and at the site's front page.

Telling somebody that a picture is gone while it is not is the worst mistake here. "gone" needs all of this, twice,
some time apart: the picture's own address is absent (404 or 410); the page is absent too, or says in words that it
was removed, or was looked through without a picture like it where an earlier look saw it; the page does not point
at the picture's file any more; and the site's front page answers us as a living site does - a host that answers 404
to whatever we ask has told us nothing. Everything that is unclear is something else, most often "unknown".
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from alerts.looks import Look, from_cache, kind_of, led_elsewhere, looked_through, names_file
from matchers import Fingerprint

OUTCOMES = (
    *("gone", "still-there", "moved", "re-appeared", "blocked", "login-wall"),
    *("geo-blocked", "soft-404", "host-down", "unknown"),
)
APART = timedelta(minutes=30)  # between the two looks that "gone" needs
NOTHING_ELSE = 600  # signs of visible text: a page that says "removed" and has more to say may mean a comment
GONE_ONCE = "gone-once"  # detail of an "unknown" that becomes "gone" when a later look agrees
ON_PAGE, NAMED = "on-the-page", "the-page-still-names-the-file"  # details that show what a page without scripts holds
IsNear = Callable[[Fingerprint], bool]


@dataclass(frozen=True)
class Verdict:
    """What a re-check found, one of OUTCOMES, and a slug that says how it could tell."""

    outcome: str
    detail: str


@dataclass(frozen=True)
class Seen:
    """The looks of one re-check, or of several: at the page, at the picture's file (none: it has no address of its
    own), and at the front page of the page's site. `names` are what the file is recognised by (egress.names);
    `on_page_before` says that an earlier look without scripts saw the picture, or its address, in the page."""

    page: Sequence[Look]
    picture: Sequence[Look] = ()
    front: Sequence[Look] = ()
    names: Sequence[str] = ()
    on_page_before: bool = False


def verdict(seen: Seen, is_near: IsNear, *, gone_once_at: datetime | None = None, apart: timedelta = APART) -> Verdict:
    """Judge an exposure.

    `is_near` says whether a fingerprint still matches the enrolled photo; `gone_once_at` is when an earlier
    re-check first found it gone.
    """
    return (
        _found(seen, is_near)
        or _gone(seen, gone_once_at, apart)
        or _kept_out(seen)
        or _led_or_said(seen)
        or Verdict("unknown", _why_unknown(seen))
    )


def _found(seen: Seen, is_near: IsNear) -> Verdict | None:
    """The picture was seen: that outweighs whatever a status or a word says."""
    on_page = next((look for look in seen.page if _shows(look, is_near)), None)
    as_file = next((look for look in seen.picture if _shows(look, is_near)), None)
    if as_file is not None and on_page is None and not any(names_file(look, seen.names) for look in seen.page):
        return Verdict("still-there", "a-cache-serves-it" if from_cache(as_file) else "picture-found")
    if on_page is None:
        return Verdict("still-there", ON_PAGE) if as_file is not None else None
    if led_elsewhere(on_page) and kind_of(on_page) == "elsewhere":
        return Verdict("moved", "at-another-address")
    return Verdict("still-there", ON_PAGE)


def _shows(look: Look, is_near: IsNear) -> bool:
    prints = [*look.facts.shown, *([look.fingerprint] if look.fingerprint is not None else [])]
    return any(is_near(each) for each in prints)


def _gone(seen: Seen, gone_once_at: datetime | None, apart: timedelta) -> Verdict | None:
    how = _gone_how(seen)
    if how is None:
        return None
    doubt = _doubt_about_the_host(seen)
    if doubt is not None:
        return Verdict("unknown", doubt)
    times = [look.at for look in seen.page] + ([gone_once_at] if gone_once_at else [])
    enough = len(times) > 1 and max(times) - min(times) >= apart
    return Verdict("gone", how) if enough else Verdict("unknown", GONE_ONCE)


def _gone_how(seen: Seen) -> str | None:
    """Return how these looks say gone, if all of them do."""
    pages = {kind_of(look) for look in seen.page}
    file_absent = bool(seen.picture) and all(kind_of(look) == "absent" for look in seen.picture)
    if any(names_file(look, seen.names) for look in seen.page) or not seen.page:
        return None
    if pages == {"absent"} and (file_absent or not seen.picture):
        return "absent-twice"
    if pages <= {"absent", "says-gone"} and file_absent and all(_says_so_plainly(look) for look in seen.page):
        return "said-and-absent"
    if (
        seen.on_page_before
        and pages <= {"absent", "answers"}
        and file_absent
        and all(_without_it(look) for look in seen.page)
    ):
        return "not-on-the-page"
    return None


def _says_so_plainly(look: Look) -> bool:
    """The page itself, not one that redirects led to, says that it was removed or that the room is no more."""
    if kind_of(look) == "absent":
        return True
    plainly = not frozenset(look.facts.says).isdisjoint(("removed", "contact"))
    return plainly and look.facts.length <= NOTHING_ELSE and not led_elsewhere(look)


def _without_it(look: Look) -> bool:
    return kind_of(look) == "absent" or looked_through(look)


def _doubt_about_the_host(seen: Seen) -> str | None:
    """Return why the host's word does not count: its front page is not to be had, or answers just the same."""
    if not seen.front:
        return "front-page-not-seen"
    for look in seen.front:
        kind = kind_of(look)
        if kind == "absent":
            return "host-answers-all-alike"
        if kind in ("down", "unseen", "parked"):
            return "host-in-trouble"
        if kind in ("geo-blocked", "blocked"):
            return "host-keeps-us-out"
        if any(look.facts.text_digest and look.facts.text_digest == page.facts.text_digest for page in seen.page):
            return "host-answers-all-alike"
    return None


def _kept_out(seen: Seen) -> Verdict | None:
    """We were not let in, or nobody answered: judged by the page, which decides what there is to see."""
    kinds = [kind_of(look) for look in seen.page]
    for kind, detail in KEPT_OUT.items():
        if kind in kinds:
            return Verdict(kind if kind != "down" else "host-down", detail) if _all_of(kinds, kind) else None
    return None


KEPT_OUT = {
    "geo-blocked": "closed-to-our-country",
    "login-wall": "members-or-adults-only",
    "blocked": "kept-out",
    "down": "no-answer-or-error",
}


def _all_of(kinds: Sequence[str], kind: str) -> bool:
    return all(each == kind for each in kinds)


def _led_or_said(seen: Seen) -> Verdict | None:
    kinds = {kind_of(look) for look in seen.page}
    if any(names_file(look, seen.names) for look in seen.page):
        return Verdict("unknown", NAMED)
    if kinds and kinds <= {"says-gone", "home", "absent"} and kinds != {"absent"}:
        return Verdict("soft-404", "led-to-the-front-page" if "home" in kinds else "said-in-words")
    return None


def _why_unknown(seen: Seen) -> str:
    pages, files = {kind_of(look) for look in seen.page}, {kind_of(look) for look in seen.picture}
    if not pages:
        return "not-looked"
    for kind, detail in UNCLEAR.items():
        if kind in pages:
            return detail
    if pages == {"absent"}:
        return "page-absent-picture-answers" if files - {"absent"} else "not-looked"
    if files == {"absent"}:
        return "picture-absent-page-answers"
    return "answers-without-the-picture"


UNCLEAR = {
    "down": "no-answer-or-error",
    "parked": "nothing-but-a-stand-in",
    "unseen": "not-to-be-seen",
    "shell": "filled-by-scripts",
    "elsewhere": "led-elsewhere",
    "blocked": "kept-out-once",
}


def was_on_page(details: Iterable[str]) -> bool:
    """Say whether the details of earlier verdicts show that the page itself held the picture or its address.

    A page that scripts fill looks to us as if the picture was never in it.
    """
    return not {ON_PAGE, NAMED}.isdisjoint(details)


def gone_once_since(history: Iterable[tuple[str, datetime]]) -> datetime | None:
    """Return since when every re-check found it gone, or None when the last did not; (detail, time), oldest first."""
    since = None
    for detail, at in reversed(list(history)):
        if detail != GONE_ONCE:
            break
        since = at
    return since
