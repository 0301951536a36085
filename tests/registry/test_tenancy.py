"""Nobody reads another centre's data: every table, every kind of statement, on both databases."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import ColumnElement, delete, func, select, text, update
from sqlalchemy.orm import aliased

from alerts.closing import close_and_tell
from alerts.outgoing import compose
from alerts.statistics import statistics
from alerts.tracking import progress
from matchers.deciding import Weighed, Whole
from matchers.hashes import ImageHash
from matchers.matching import Decision
from registry import (
    cases,
    casework,
    centres,
    clients,
    closing,
    decisions,
    enrolments,
    lists,
    people,
    reviews,
    tenancy,
    tokens,
    webhooks,
)
from registry.database import Registry
from registry.errors import BadValue, OutOfReach, UnknownClient, UnknownExposure, UnknownNotice, UnknownPerson
from registry.lists import Record
from registry.models import (
    Base,
    CaseNoteRow,
    ExposureRow,
    HashListRow,
    NoticeRow,
    PersonRow,
    RoleRow,
    SessionRow,
    VerdictRow,
)
from registry.tenancy import RULES
from registry.transaction import Transaction
from tests.registry.centres import House, allowed, centre_with_client
from tests.registry.conftest import Clock, add_kim, enrolled, expose


@dataclass(frozen=True)
class Two:
    """Two centres beside each other, and somebody who is a client of none."""

    one: House
    other: House
    stranger: people.Person


@pytest.fixture
def two(registry: Registry) -> Two:
    with registry.transaction() as tx:
        stranger = add_kim(tx, "Stranger")
        found = expose(tx, enrolled(tx, stranger, seed=3))
        cases.record_verdict(tx, found, "gone")
        houses = [centre_with_client(tx, name, seed) for seed, name in enumerate(("One", "Other"), start=1)]
        for house in houses:
            cases.record_verdict(tx, house.exposure, "still-there")
            weighed = Weighed(Whole(0, 12, 3, patched=True, plain=False), None)
            decided = Decision(house.exposure.enrolment, (weighed,), found=True)
            decisions.record(
                tx,
                "https://forum.example/1",
                bytes(32),
                decided,
                exposure=house.exposure.id,
                silenced=False,
                limits="a1b2c3d4e5f6",
            )
            cases.mark_sent(tx, house.letter)
            cases.mark_reminded(tx, house.letter)
            cases.record_reply(tx, house.letter, "refused", "No.")
            reviews.verify(tx, house.person, "centre")
            token, _ = tokens.make(tx, house.centre.id, "intake", ["clients:read"], timedelta(days=1))
            tokens.remember(tx, token.id, "key", b"request", 201, b"answer")
            webhooks.add(tx, house.centre.id, "https://hooks.example/", ["exposure.created"])
            webhooks.announce(tx, "exposure.created", house.exposure)
            _list_of(tx, house)
        reviews.open_review(tx, [house.exposure.enrolment for house in houses])
    for house in houses:
        with registry.transaction(str(house.worker.id)) as tx:
            tenancy.confine(tx, house.worker.id)
            casework.add_note(tx, house.client.id, "Called; wants to be left alone on Fridays.", house.exposure.id)
            casework.assign(tx, [house.exposure.id], house.worker.id)
    return Two(*houses, stranger)


def _list_of(tx: Transaction, house: House) -> None:
    """Give a centre a hash list with one entry; as a client of the centre it would be one of its people."""
    made = lists.make(tx, f"List of {house.centre.name}", purpose="p", source="s", email="x@centre.example")
    lists.take(tx, made.id, [Record(ImageHash("pdq", "1", bytes(range(32))), external="7")])
    tx.session.execute(update(HashListRow).where(HashListRow.person_id == made.id).values(centre_id=house.centre.id))


@pytest.fixture
def inside(registry: Registry, two: Two) -> Iterator[Transaction]:
    """A unit of work of the first centre's caseworker."""
    with registry.transaction(str(two.one.worker.id)) as tx:
        tenancy.confine(tx, two.one.worker.id)
        yield tx


PRIVATE = [row for row, rule in RULES.items() if rule is not tenancy._everything]


def keys(row: type[Base]) -> list[Any]:
    return [getattr(row, column.name) for column in row.__table__.primary_key.columns]


@pytest.mark.parametrize("row", PRIVATE, ids=lambda row: row.__tablename__)
def test_every_way_to_read_a_table_gives_the_centres_own_rows_and_no_others(
    registry: Registry, two: Two, row: type[Base]
) -> None:
    """Whole rows, columns, counts, aliases, subqueries, joins and single rows by their key."""
    with registry.reading() as tx:
        everything = {tuple(each) for each in tx.session.execute(select(*keys(row)))}
    with registry.reading() as tx:
        tenancy.confine(tx, two.one.worker.id)
        mine = {tuple(each) for each in tx.session.execute(select(*keys(row)))}
        assert mine, "the test has something to find"
        assert mine < everything
        other = aliased(row)
        inner = select(row).subquery()
        ways = {
            "rows": len(tx.session.scalars(select(row)).all()),
            "count": tx.session.scalar(select(func.count(keys(row)[0]))),
            "alias": len(tx.session.scalars(select(other)).all()),
            "subquery": len(tx.session.execute(select(aliased(row, inner))).all()),
            "join": len(tx.session.execute(select(row, other).join(other, _same(row, other))).all()),
            "in": len(tx.session.execute(select(row).where(keys(row)[0].in_(select(keys(row)[0])))).all()),
        }
        assert ways == dict.fromkeys(ways, len(mine))
        assert [key for key in everything - mine if tx.session.get(row, key) is not None] == []


def _same(row: type[Base], other: Any) -> ColumnElement[bool]:
    first, *more = (key == getattr(other, key.key) for key in keys(row))
    for each in more:
        first = first & each
    return first  # type: ignore[no-any-return]


def test_the_functions_of_the_registry_see_the_centres_own_people_only(inside: Transaction, two: Two) -> None:
    mine, other = two.one, two.other

    assert {each.id for each in cases.exposures(inside)} == {mine.exposure.id}
    assert [each.id for each in clients.clients(inside)] == [mine.client.id]
    assert [each.id for each in centres.centres(inside)] == [mine.centre.id]
    assert {each.person for each in enrolments.enrolments(inside)} == {mine.person.id}
    assert {each.id for each in people.people(inside)} == {mine.person.id, mine.lead.id, mine.worker.id}
    assert casework.assignments(inside) == {mine.exposure.id: mine.worker.id}
    assert progress(inside, mine.exposure, inside.now()).letters[0].replies[0].words == "No."
    assert sum(row.sent for row in statistics(inside, inside.now(), least=1)) == 1
    for call, error in (
        (lambda: cases.exposure(inside, other.exposure.id), UnknownExposure),
        (lambda: cases.notice(inside, other.letter), UnknownNotice),
        (lambda: clients.client(inside, other.client.id), UnknownClient),
        (lambda: people.get(inside, other.person.id), UnknownPerson),
        (lambda: people.get(inside, two.stranger.id), UnknownPerson),
        (lambda: inside.data_key(other.person.id), UnknownPerson),
        (lambda: casework.assign(inside, [other.exposure.id], mine.worker.id), UnknownExposure),
        (lambda: casework.assign(inside, [mine.exposure.id], other.worker.id), OutOfReach),
        (lambda: casework.add_note(inside, other.client.id, "x"), UnknownClient),
        (lambda: clients.end(inside, other.client.id), UnknownClient),
        (lambda: cases.mark_sent(inside, other.letter), UnknownNotice),
    ):
        with pytest.raises(error):
            call()


def test_what_no_rule_speaks_of_is_refused(inside: Transaction, two: Two) -> None:
    for statement in (
        select(SessionRow),
        select(ExposureRow.id).where(ExposureRow.person_id.in_(select(SessionRow.person_id))),
        text("SELECT * FROM exposures"),
        select(ExposureRow.__table__),
        delete(SessionRow),
        select(func.now()),
    ):
        with pytest.raises(OutOfReach):
            inside.session.execute(statement)


def test_changing_many_rows_at_once_touches_the_centres_own(registry: Registry, two: Two) -> None:
    with registry.transaction() as tx:
        tenancy.confine(tx, two.one.worker.id)
        tx.session.execute(update(ExposureRow).values(state="gone"))
        tx.session.execute(delete(CaseNoteRow))
    with registry.reading() as tx:
        assert {each.id for each in cases.exposures(tx, states=["gone"])} == {two.one.exposure.id}
        assert tx.session.scalar(select(func.count(CaseNoteRow.id))) == 1


def test_no_row_is_written_for_somebody_out_of_reach(registry: Registry, two: Two) -> None:
    theirs = two.other.exposure.id
    for row in (
        VerdictRow(exposure_id=theirs, verdict="gone", detail="x", at=registry.clock()),
        NoticeRow(id=uuid4(), exposure_id=theirs, type="x", language="en", letter=b"", created_at=registry.clock()),
        RoleRow(person_id=two.stranger.id, role="operator"),
        SessionRow(digest=b"x", person_id=two.one.person.id, created_at=registry.clock(), expires_at=registry.clock()),
        PersonRow(id=uuid4(), wrapped_key=b"", profile=b"", name_index=b"x", created_at=registry.clock()),
    ):
        with pytest.raises(OutOfReach):
            _write(registry, two.one.worker.id, row)


def _write(registry: Registry, staff: UUID, row: Base) -> None:
    with registry.transaction() as tx:
        tenancy.confine(tx, staff)
        tx.add(row)


def test_there_is_no_way_in_for_others_and_no_way_out(registry: Registry, two: Two) -> None:
    with registry.reading() as tx:
        for nobody in (two.stranger.id, uuid4()):
            with pytest.raises(OutOfReach):
                tenancy.confine(tx, nobody)
        with pytest.raises(OutOfReach):
            tenancy.tenant_of(tx)
        loaded = tx.session.get(ExposureRow, two.other.exposure.id)
        tenancy.confine(tx, two.one.worker.id)
        assert loaded is not None
        assert tx.session.get(ExposureRow, two.other.exposure.id) is None, "what was loaded before is not handed out"
        with pytest.raises(OutOfReach):
            tenancy.confine(tx, two.other.worker.id)


@pytest.mark.parametrize(
    ("scopes", "exposures", "letters", "addresses"),
    [(("watch",), 1, 0, False), (("addresses",), 1, 0, True), (("letters",), 1, 1, True)],
)
def test_a_consent_opens_what_it_names_and_no_more(
    registry: Registry, two: Two, scopes: tuple[str, ...], exposures: int, letters: int, addresses: bool
) -> None:
    with registry.transaction() as tx:
        clients.end(tx, two.one.client.id)
        allowed(tx, two.one.centre, two.one.person, *scopes)
    with registry.reading() as tx:
        tenancy.confine(tx, two.one.worker.id)
        assert len(cases.exposures(tx)) == exposures
        assert len(cases.notices(tx, two.one.exposure)) == letters
        assert tenancy.may(tx, two.one.person.id, "addresses") is addresses
        assert not tenancy.may(tx, two.other.person.id, "watch")


@pytest.mark.parametrize("how", ["withdrawn", "expired"])
def test_when_the_consent_ends_everything_is_out_of_reach_at_once(
    registry: Registry, clock: Clock, two: Two, how: str
) -> None:
    if how == "withdrawn":
        with registry.transaction() as tx:
            assert clients.end(tx, two.one.client.id) == 1
    else:
        clock.move(days=90)
    with registry.reading() as tx:
        tenancy.confine(tx, two.one.worker.id)
        assert cases.exposures(tx) == []
        assert clients.clients(tx) == []
        assert clients.ended(tx) == 1
        assert tx.session.scalars(select(CaseNoteRow)).all() == []
        with pytest.raises(UnknownClient):
            clients.client(tx, two.one.client.id)
        with pytest.raises(UnknownPerson):
            people.get(tx, two.one.person.id)


def test_two_centres_that_one_person_trusts_do_not_see_each_other(registry: Registry, two: Two) -> None:
    with registry.transaction() as tx:
        shared = allowed(tx, two.other.centre, two.one.person)
    seen: dict[UUID, tuple[int, int]] = {}
    for house in (two.one, two.other):
        with registry.reading() as tx:
            tenancy.confine(tx, house.worker.id)
            mine = clients.client_for(tx, two.one.person.id)
            seen[mine.id] = (len(casework.notes(tx, mine.id)), len(casework.assignments(tx)))
    assert seen == {two.one.client.id: (1, 1), shared.id: (0, 1)}


def test_a_machine_of_the_centre_reaches_what_its_staff_reaches(registry: Registry, two: Two) -> None:
    with registry.reading() as tx:
        tenant = tenancy.confine_to(tx, two.one.centre.id)
        assert (tenant.staff, tenant.lead) == (None, False)
        assert {each.id for each in cases.exposures(tx)} == {two.one.exposure.id}
    with registry.reading() as tx, pytest.raises(OutOfReach):
        tenancy.confine_to(tx, uuid4())


def test_closing_a_centre_hands_over_who_was_asked_ends_the_rest_and_tells_everybody(
    registry: Registry, two: Two
) -> None:
    with registry.transaction() as tx:
        own = add_kim(
            tx, "Own Choice", supporter_email=two.one.centre.email, told_first="supporter", email="own@p.example"
        )
        allowed(tx, two.one.centre, own, "watch", words=clients.IN_PORTAL)
        with pytest.raises(BadValue, match="Say how"):
            closing.close(tx, two.one.centre, to=two.other.centre)
    with registry.transaction() as tx:
        closed = close_and_tell(tx, two.one.centre, to=two.other.centre, asked="forms of 2026-11")
        assert (closed.ended, closed.handed_over, len(closed.listed)) == ((own.id,), (two.one.person.id,), 1)
        assert set(closed.staff) == {two.one.lead.id, two.one.worker.id}
        assert people.get(tx, own.id).told_first == "me"
        told = {each.person: each for each in cases.deliveries(tx)}
        assert {own.id, two.one.person.id} <= set(told)
        outgoing = compose(tx, told[own.id], people.get(tx, own.id))
        assert outgoing is not None
        assert (outgoing.count, outgoing.reader.detail) == (0, "news")
        assert all(each.revoked_at for each in tokens.tokens(tx) if each.centre == two.one.centre.id)
        assert [each.centre for each in webhooks.webhooks(tx)] == [two.other.centre.id]
        for person in (two.one.worker.id, two.one.lead.id):
            with pytest.raises(OutOfReach):
                tenancy.confine(tx, person)
        with pytest.raises(BadValue, match="closed"):
            allowed(tx, two.one.centre, own)
    with registry.transaction() as tx:
        tenancy.confine(tx, two.other.worker.id)
        after = clients.client_for(tx, two.one.person.id)
        assert after.scopes_at(tx.now()) == ("watch", "addresses", "letters")
        assert [note.words for note in casework.notes(tx, after.id)] == ["Called; wants to be left alone on Fridays."]
    with registry.transaction() as tx:
        with pytest.raises(BadValue, match="close it first"):
            closing.remove(tx, two.other.centre)
        closing.remove(tx, centres.centre(tx, two.one.centre.id))
        assert [each.id for each in centres.centres(tx)] == [two.other.centre.id]
