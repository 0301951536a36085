"""The form for one letter, as a person and a caseworker see it: its questions, and what is wrong beside which field."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from fastapi import Request, Response
from starlette.exceptions import HTTPException

from alerts.errors import BadValue, MissingField, MustNotStand, OnlyACard, UnknownLanguage, UnknownNotice
from alerts.notices import kept
from alerts.notices.asking import Question, barred, questions
from alerts.notices.facts import facts
from alerts.notices.records import Case
from portal.web import pages
from portal.web.access import Visitor, visitor_of
from registry import cases
from registry.people import Person
from registry.transaction import Transaction


@dataclass(frozen=True)
class Composer:
    """The form for one letter: its questions, what was typed, and what is wrong beside which field."""

    type: str
    language: str
    questions: list[Question]
    typed: Mapping[str, str]
    wrong: Mapping[str, str]
    barred: str


def case_of(tx: Transaction, exposure: cases.Exposure, person: Person) -> Case:
    """Return everything a letter about this exposure may be filled from; `person` is whom it shows."""
    return Case(
        exposure,
        person,
        datetime.now(UTC),
        kept.past(tx, exposure),
        kept.reply_address(tx, exposure, os.environ),
    )


def form(
    request: Request,
    case: Case,
    type_: str,
    language: str,
    typed: Mapping[str, str] | None = None,
    wrong: Mapping[str, str] | None = None,
    **values: object,
) -> Response:
    """Return the page that asks what the letter needs. `values` go to the page."""
    visitor = visitor_of(request)
    try:
        asked = questions(case, type_, language, visitor.words.language)
        leave_out = ", ".join(barred(type_, visitor.words.language, case.now.date()))
    except (UnknownNotice, UnknownLanguage, OnlyACard) as error:
        raise HTTPException(404) from error
    composer = Composer(type_, language, asked, typed or {}, wrong or {}, leave_out)
    given: dict[str, object] = {"composer": composer, "exposure": case.exposure.id, **values}
    return pages.page(request, "person/write.html", status=422 if wrong else 200, **given)


def what_is_wrong(visitor: Visitor, error: MissingField | BadValue) -> dict[str, str]:
    """Return what to say beside which field."""
    if isinstance(error, MustNotStand):
        known = facts(datetime.now(UTC).date())
        named = known.phrase("must_not", error.rule, visitor.words.language)
        return {error.field: visitor.words("write.must_not", thing=named)}
    if isinstance(error, BadValue):
        return {error.field: visitor.words("write.bad")}
    return {name: visitor.words("write.missing", field=label) for name, label in error.fields.items()}
