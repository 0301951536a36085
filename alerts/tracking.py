"""Where an exposure stands on its way to removal: each letter's state and clock, and what to do next."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from alerts.clocks import Clock, clock_of
from alerts.ladders import Step, ladder_name, steps_left
from alerts.notices.choosing import choose, situation
from alerts.notices.facts import Facts, facts
from registry import cases, enrolments, webhooks
from registry.cases import Exposure, Notice, Reply
from registry.database import Registry
from registry.transaction import Transaction

LETTER_STATES = ("drafted", "sent", "acknowledged", "refused", "claimed", "removed", "re-appeared")
"""`claimed`: they say it is removed and no re-check has confirmed it; only a verdict makes it `removed`."""
ACTIONS = ("write", "send", "wait", "answer", "check", "go-on", "send-again", "authority", "nothing", "set-aside")


@dataclass(frozen=True)
class Letter:
    """One notice with where it stands. `clock` is None until it was sent."""

    id: UUID
    type: str
    language: str
    state: str
    created_at: datetime
    sent_at: datetime | None
    clock: Clock | None
    replies: tuple[Reply, ...]
    overdue: bool


@dataclass(frozen=True)
class Progress:
    """Where one exposure stands. `action` is one of ACTIONS, `until` when it may wait; `steps` what comes next."""

    exposure: UUID
    letters: tuple[Letter, ...]
    action: str
    until: datetime | None
    steps: tuple[Step, ...]
    elsewhere: tuple[UUID, ...]

    def as_json(self) -> dict[str, Any]:
        """Return this as plain JSON values; the words of replies are left out."""
        return {
            "next": self.action,
            "until": self.until,
            "letters": [_letter_json(each) for each in self.letters],
            "steps": [{"step": each.name, **each.words, "ready": list(each.ready)} for each in self.steps],
            "same_picture_found_since": [str(each) for each in self.elsewhere],
        }


def progress(tx: Transaction, exposure: Exposure, now: datetime) -> Progress:
    """Return where an exposure stands at `now`."""
    known = facts(now.date())
    verdicts = cases.verdicts(tx, exposure)
    last_back = max((each.at for each in verdicts if each.verdict == "re-appeared"), default=None)
    letters = tuple(_letter(tx, each, exposure, last_back, known, now) for each in cases.notices(tx, exposure))
    steps = _steps(tx, exposure, letters, known)
    found_at = [each.at for each in verdicts if each.verdict in ("still-there", "moved", "re-appeared")]
    action, until = _action(tx, exposure, letters, still_there=_seen_after_claim(letters, found_at))
    return Progress(exposure.id, letters, action, until, steps, _elsewhere(tx, exposure))


def remind_overdue(registry: Registry, now: datetime) -> int:
    """Write one neutral alert for each notice whose time is over without removal; return how many.

    Once for each notice, to the person, through the outbox: it says that there is news and nothing else.
    """
    reminded = 0
    with registry.reading() as tx:
        waiting = [each for each in cases.exposures(tx, states=("noticed",)) if _overdue(tx, each, now)]
    for exposure in waiting:
        with registry.transaction("reminder") as tx:
            current = cases.exposure(tx, exposure.id)
            late = _overdue(tx, current, now) if current.state == "noticed" else []
            if late:
                cases.add_alert(tx, current.person, [current])
            for letter in late:
                cases.mark_reminded(tx, letter.id)
                webhooks.announce(tx, "notice.due", current, letter.id)
            reminded += len(late)
    return reminded


def _overdue(tx: Transaction, exposure: Exposure, now: datetime) -> list[Notice]:
    """Return the notices of an exposure that are overdue and nobody was reminded of; none for a minor."""
    owner = enrolments.person_behind(tx, exposure.enrolment)
    if owner is None or owner.minor:
        return []
    known = facts(now.date())
    return [
        letter
        for letter in cases.notices(tx, exposure)
        if letter.sent_at is not None
        and clock_of(letter.type, letter.sent_at, known).over(now)
        and not cases.was_reminded(tx, letter.id)
        and all(each.kind in ("acknowledged", "other") for each in cases.replies(tx, letter.id))
    ]


def _letter(
    tx: Transaction, notice: Notice, exposure: Exposure, last_back: datetime | None, known: Facts, now: datetime
) -> Letter:
    answers = tuple(cases.replies(tx, notice.id))
    clock = clock_of(notice.type, notice.sent_at, known) if notice.sent_at is not None else None
    state = letter_state(notice, answers, gone=exposure.state == "gone", last_back=last_back)
    overdue = clock is not None and clock.over(now) and state in ("sent", "acknowledged")
    return Letter(
        id=notice.id,
        type=notice.type,
        language=notice.language,
        state=state,
        created_at=notice.created_at,
        sent_at=notice.sent_at,
        clock=clock,
        replies=answers,
        overdue=overdue,
    )


def letter_state(notice: Notice, answers: Sequence[Reply], *, gone: bool, last_back: datetime | None) -> str:
    """Return one of LETTER_STATES: what a re-check found outweighs what an answer says."""
    if notice.sent_at is None:
        return "drafted"
    if gone:
        return "removed"
    if last_back is not None and last_back >= notice.sent_at:
        return "re-appeared"
    last = answers[-1].kind if answers else None
    return {"refused": "refused", "removed": "claimed", None: "sent"}.get(last, "acknowledged")


def _steps(tx: Transaction, exposure: Exposure, letters: Sequence[Letter], known: Facts) -> tuple[Step, ...]:
    owner = enrolments.person_behind(tx, exposure.enrolment)
    if owner is None:
        return ()
    sent = [letter.type for letter in letters if letter.sent_at is not None]
    about = situation(exposure.page_url, owner.country, owner.minor, known, "unknown", sent_before=bool(sent))
    fitting = list(dict.fromkeys(each.type for each in choose(about, known.today)))
    refusals = sum(letter.state == "refused" for letter in letters)
    name = ladder_name(
        exposure.page_url, minor=owner.minor, known_platform=about.platform is not None, refusals=refusals
    )
    return tuple(steps_left(known.ladder(name), sent, fitting))


def _action(
    tx: Transaction, exposure: Exposure, letters: Sequence[Letter], *, still_there: bool
) -> tuple[str, datetime | None]:
    """Return what to do next and, where it is to wait, until when."""
    owner = enrolments.person_behind(tx, exposure.enrolment)
    if exposure.state == "dismissed" or owner is None:
        return "set-aside", None
    if owner.minor:
        return "authority", None
    if exposure.state == "gone":
        return "nothing", None
    sent = [letter for letter in letters if letter.sent_at is not None]
    if not sent:
        return ("send" if letters else "write"), None
    return _after_sending(sent, still_there=still_there)


def _after_sending(sent: Sequence[Letter], *, still_there: bool) -> tuple[str, datetime | None]:
    newest = max(sent, key=lambda letter: letter.sent_at or letter.created_at)
    if newest.state == "re-appeared":
        return "send-again", None
    if newest.state == "refused":
        return "go-on", None
    if newest.state == "claimed":
        return ("send-again" if still_there else "check"), None
    if newest.replies and newest.replies[-1].kind == "asks-more":
        return "answer", None
    assert newest.clock is not None, "a letter that was sent has a clock"
    return ("go-on", None) if newest.overdue else ("wait", newest.clock.due_at)


def _seen_after_claim(letters: Sequence[Letter], found_at: Sequence[datetime]) -> bool:
    """Say whether a re-check since they said it was removed found that it is not."""
    claims = [reply.at for letter in letters for reply in letter.replies if reply.kind == "removed"]
    return bool(claims) and any(at > max(claims) for at in found_at)


def _elsewhere(tx: Transaction, exposure: Exposure) -> tuple[UUID, ...]:
    """Return the exposures of the same file of the same photo that were found after this one: a room that came back."""
    return tuple(
        each.id
        for each in reversed(cases.exposures(tx, exposure.person))
        if each.id != exposure.id
        and (each.enrolment, each.content_digest) == (exposure.enrolment, exposure.content_digest)
        and each.created_at > exposure.created_at
        and each.state != "dismissed"
    )


def _letter_json(letter: Letter) -> dict[str, Any]:
    clock = letter.clock
    return {
        "id": letter.id,
        "type": letter.type,
        "language": letter.language,
        "state": letter.state,
        "drafted_at": letter.created_at,
        "sent_at": letter.sent_at,
        "due_at": clock.due_at if clock else None,
        "binding": clock.binding if clock else None,
        "without_delay": clock.without_delay if clock else None,
        "basis": clock.basis if clock else None,
        "facts_as_of": clock.as_of if clock else None,
        "overdue": letter.overdue,
        "replies": [{"kind": each.kind, "at": each.at} for each in letter.replies],
    }
