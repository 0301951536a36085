"""The completeness table: every notice in every language, written from examples and looked over, one row each."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from alerts.errors import AlertsError
from alerts.notices.asking import questions
from alerts.notices.drafting import Notice, draft
from alerts.notices.facts import facts
from alerts.notices.offered import cards, types
from alerts.notices.records import Case, Past, Sent

EXAMPLE_ID = UUID(int=0x5EED)


@dataclass(frozen=True)
class ExamplePerson:
    """Somebody who does not exist."""

    name: str = "Kim Seo-yeon"
    email: str | None = "case-7f3k@relay.example"
    country: str = "KR"
    minor: bool = False


@dataclass(frozen=True)
class ExampleExposure:
    """A page that does not exist."""

    first_seen: datetime
    page_url: str = "https://board.example/post/12345"
    picture_url: str | None = "https://img.board.example/u/aa.jpg"
    id: UUID = field(default=EXAMPLE_ID)


@dataclass(frozen=True)
class Row:
    """One notice in one language. `to_send` says whether its reader understands that language."""

    type: str
    language: str
    to_send: bool
    required: int
    from_records: int
    asked: int
    complete: bool
    certainty: str
    as_of: str
    trouble: str = ""

    def line(self) -> str:
        """Return the row as a line of the printed table."""
        use = "card" if self.trouble == "card" else "send" if self.to_send else "read"
        state = self.trouble or ("complete" if self.complete else "incomplete")
        counts = f"{self.required:>2} required  {self.from_records:>2} from records  {self.asked:>2} asked"
        return f"{self.type:<29} {self.language}  {use}  {counts}  {state:<10} {self.certainty} {self.as_of}"


def rows(now: datetime) -> Iterator[Row]:
    """Yield every notice in every language, then the cards."""
    for each in types(now.date()):
        for language in each.languages:
            yield _row(each.id, language, language in each.send_in, now, each.certainty, each.as_of)
    for card in cards(now.date()):
        for language in card.languages:
            yield Row(
                card.id,
                language,
                True,
                0,
                0,
                0,
                complete=True,
                certainty=card.certainty,
                as_of=card.as_of,
                trouble="card",
            )


def example(type: str, language: str, now: datetime) -> Notice:
    """Return a notice written from examples, with everything its sender would be asked answered."""
    case = example_case(now)
    return draft(case.exposure, case.person, type, language, answers(type, language, case), now=now, past=case.past)


def example_case(now: datetime) -> Case:
    """Return a case with one letter sent before and one look since."""
    past = Past(
        (Sent(now - timedelta(days=4), "board.example", "site_operator_policy_notice"),), now - timedelta(hours=3)
    )
    return Case(ExampleExposure(now - timedelta(days=5)), ExamplePerson(), now, past)


def answers(type: str, language: str, case: Case) -> dict[str, str]:
    """Answer what a form would ask: the first choice, what is known, or the example of the facts."""
    return {
        each.name: each.choices[0][0] if each.choices else each.known or each.example
        for each in questions(case, type, language, "en")
    }


def _row(type: str, language: str, to_send: bool, now: datetime, certainty: str, as_of: str) -> Row:
    known = facts(now.date())
    required = len(known.letter(type)["m"])
    asked = [each for each in questions(example_case(now), type, language, "en") if not each.known]
    try:
        notice = example(type, language, now)
        complete, trouble = notice.check.complete, ""
    except AlertsError as error:
        complete, trouble = False, error.__class__.__name__
    return Row(
        type, language, to_send, required, required - len(asked), len(asked), complete, certainty, as_of, trouble
    )
