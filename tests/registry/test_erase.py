"""After an erasure no byte of the person is in any table or any database file."""

import base64
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import LargeBinary, MetaData, select, text

from matchers.deciding import Weighed, Whole
from matchers.matching import Decision
from registry import (
    audit,
    cases,
    casework,
    centres,
    consents,
    decisions,
    enrolments,
    floods,
    people,
    scrub,
    signin,
    tenancy,
    tokens,
)
from registry.database import Registry
from registry.erase import erase_person
from registry.errors import UnknownPerson
from registry.models import ApiAnswerRow, Base, HouseRow
from registry.people import Person
from registry.stories import picture_index
from tests.registry.centres import allowed
from tests.registry.conftest import KEY, Clock, add_kim, enrolled, expose, fingerprint_of

PLAIN = {
    "name": "Kim Seo-yeon",
    "email": "seoyeon@example.org",
    "phrase": "the blue door",
    "webhook_url": "https://hooks.example/9c1d",
    "webhook_secret": "b6f0c1a2d3e4",
}
FOUND = {
    "page_url": "https://forum.example/t/77",
    "picture_url": "https://cdn.example/i/77.jpg",
    "target": "harbour-77",
}
LETTER = "I am the person in this picture."
ANSWER = "Dear Kim Seo-yeon, we do not think so."
CONSENT = "signed beside the harbour"
NOTE = "Called Seo-yeon on Friday."
# Tables that tell nothing of a person, and so may outlive one.
IMPERSONAL = {"house", "cursors", "log_ranges", "audit", "enrolment_changes", "contact_lookups"}
IMPERSONAL |= {"evidence", "evidence_keys", "evidence_stamps", "centres", "api_tokens", "api_answers", "webhooks"}


def fill(registry: Registry) -> tuple[Person, str]:
    """Put everything one can have about a person into the registry, and somebody else beside them."""
    with registry.transaction("cli") as tx:
        kim = people.add_person(tx, **PLAIN)
        enrolment = enrolled(tx, kim, seed=7, label="beach-77.jpg")
        withdrawn = enrolled(tx, kim, seed=8)
        found = expose(tx, enrolment, **FOUND)
        decided = Decision(found.enrolment, (Weighed(Whole(0, 12, 3, patched=True, plain=False), None),), found=True)
        decisions.record(
            tx, "https://forum.example/77", bytes(32), decided, exposure=found.id, silenced=False, limits="a1b2c3d4e5f6"
        )
        cases.add_alert(tx, kim, [found])
        cases.add_report(tx, kim, {"pages": 77}, channels=["smtp"])
        floods.hold(tx, floods.Subject(picture_index=picture_index(tx, found.content_digest)), [found])
        letter = cases.save_notice(tx, found, "us_tida", "en", LETTER, recipient="abuse@host.example")
        cases.mark_sent(tx, letter.id)
        cases.record_reply(tx, letter.id, "refused", ANSWER)
        cases.record_verdict(tx, found, "gone")
        session = signin.redeem(tx, signin.new_link(tx, kim))
        signin.new_link(tx, kim)
        lee = add_kim(tx, "Lee", email="lee@example.org")
        # Another picture: the index of a file that two people have stays with the one who stays.
        expose(tx, enrolled(tx, lee, seed=9), content_digest=b"\x18" * 32)
        centre = centres.add_centre(tx, "Harbour")
        centres.put_to_work(tx, centre, lee, "lead", "Counsellor 3")
        client = allowed(tx, centre, kim, words=CONSENT)
        token, _ = tokens.make(tx, centre.id, "intake", ["clients:read"], timedelta(days=1))
        tokens.remember(tx, token.id, "key", b"asked", 201, PLAIN["name"].encode())
    with registry.transaction(str(lee.id)) as tx:
        tenancy.confine(tx, lee.id)
        casework.assign(tx, [found.id], lee.id)
        casework.add_note(tx, client.id, NOTE, found.id)
    with registry.transaction("cli") as tx:  # rows that were rewritten leave old copies behind
        expose(tx, enrolment, **FOUND, seen_at=tx.now().replace(year=2027))
        people.change(tx, kim, country="US")
        consents.withdraw(tx, enrolment=withdrawn)
    return kim, session


def plain_needles() -> list[bytes]:
    """Give what must never be stored readable: texts and hashes of the person, as they are."""
    hashes = [each.bits for seed in (7, 8) for each in fingerprint_of(seed).whole]
    return [
        each.encode() for each in (*PLAIN.values(), *FOUND.values(), LETTER, ANSWER, CONSENT, NOTE, "beach-77.jpg")
    ] + hashes


def written(needle: bytes) -> Iterator[bytes]:
    """Give a value in the ways it could be written: plain, hex, base64 at each of its three offsets."""
    yield needle
    yield needle.hex().encode()
    yield needle.hex().upper().encode()
    for shift in range(3):
        inner = base64.b64encode(b"\0" * shift + needle)
        yield inner[4 if shift else 0 : len(inner) - 4]


def sealed_needles(registry: Registry, kim: Person) -> list[bytes]:
    """Give every ciphertext, wrapped key, blind index and digest that belongs to the person."""
    found: list[bytes] = []
    with registry.reading() as tx:
        theirs = {kim.id}
        for table in Base.metadata.sorted_tables:
            ids = [key.parent for key in table.foreign_keys] + ([table.c.id] if table.name == "people" else [])
            for row in tx.session.execute(select(table)).mappings():
                if any(row[column.name] in theirs for column in ids):
                    theirs.update({row["id"]} if "id" in row else ())
                    found += [row[each.name] for each in table.c if isinstance(each.type, LargeBinary)]
    return [each for each in found if each is not None]


def files_of(registry: Registry) -> list[Path]:
    main = Path(str(registry.engine.url.database))
    return sorted(main.parent.glob(main.name + "*"))


def seen_in(files: list[Path], needles: list[bytes]) -> list[tuple[str, bytes]]:
    contents = {file: file.read_bytes() for file in files}
    return [
        (file.name, needle)
        for file, content in contents.items()
        for needle in needles
        for way in written(needle)
        if way in content
    ]


def test_while_a_person_is_here_nothing_of_them_is_readable_in_the_files(sqlite_registry: Registry) -> None:
    kim, session = fill(sqlite_registry)
    assert seen_in(files_of(sqlite_registry), [*plain_needles(), session.encode(), KEY]) == []
    sealed = sealed_needles(sqlite_registry, kim)
    assert len(sealed) >= 12
    assert {needle for _, needle in seen_in(files_of(sqlite_registry), sealed)} == set(sealed)


def test_after_the_erasure_no_byte_of_them_is_in_any_sqlite_file(sqlite_registry: Registry) -> None:
    kim, session = fill(sqlite_registry)
    needles = [*plain_needles(), *sealed_needles(sqlite_registry, kim), session.encode()]

    receipt = erase_person(sqlite_registry, kim.id)

    assert receipt.files_clean
    with sqlite_registry.reading() as tx:
        assert tx.session.scalars(select(ApiAnswerRow)).all() == []
    assert len(files_of(sqlite_registry)) == 3  # the write-ahead log is there, and looked at too
    assert seen_in(files_of(sqlite_registry), needles) == []


def test_after_the_erasure_no_byte_of_them_is_in_any_postgresql_table_or_table_file(
    postgres_database: str, clock: Clock
) -> None:
    with Registry.open(postgres_database, KEY, clock=clock) as registry:
        kim, session = fill(registry)
        needles = [*plain_needles(), *sealed_needles(registry, kim), session.encode()]
        with registry.engine.connect() as connection:
            folder = Path(connection.scalar(text("SELECT current_setting('data_directory')")) or "")
            number = connection.scalar(text("SELECT oid FROM pg_database WHERE datname = current_database()"))
            connection.execute(text("ANALYZE"))

        receipt = erase_person(registry, kim.id)
        assert receipt.files_clean

        tables = dumped(registry)
        assert str(receipt.id).encode() in tables  # the dump shows what is there
        assert [needle for needle in needles if any(way in tables for way in written(needle))] == []
    table_files = [each for each in (folder / "base" / str(number)).iterdir() if each.is_file()]
    assert len(table_files) > 100
    assert seen_in(table_files, needles) == []


def dumped(registry: Registry) -> bytes:
    """Give every row of every table as text, the planner's statistics with them."""
    with registry.engine.connect() as connection:
        found = MetaData()
        found.reflect(connection)
        rows = [str(tuple(row)) for table in found.tables.values() for row in connection.execute(table.select())]
        hexes = [
            value.hex()
            for table in found.tables.values()
            for row in connection.execute(table.select())
            for value in row
            if isinstance(value, bytes)
        ]
        rows += map(str, connection.execute(text("SELECT * FROM pg_stats")))
    return "\n".join(rows + hexes).encode()


def test_the_others_stay_as_they_were(registry: Registry) -> None:
    kim, _ = fill(registry)
    with registry.reading() as tx:
        lee = people.find(tx, "Lee")
        exposures, active = cases.exposures(tx, lee), enrolments.enrolments(tx, lee)
    erase_person(registry, kim.id)
    with registry.reading() as tx:
        assert people.people(tx) == [lee]
        assert (cases.exposures(tx), enrolments.enrolments(tx)) == (exposures, active)
        assert len(enrolments.active(tx)) == 1


def test_every_table_that_can_tell_of_a_person_goes_with_them() -> None:
    """Also one that is added later: it hangs on people by cascading references, or is named impersonal above."""
    hanging = {"people"}
    for table in Base.metadata.sorted_tables:
        if any(key.column.table.name in hanging and key.ondelete == "CASCADE" for key in table.foreign_keys):
            hanging.add(table.name)
    assert hanging == set(Base.metadata.tables) - IMPERSONAL


def test_the_trail_keeps_that_somebody_was_erased_and_not_who(registry: Registry) -> None:
    kim, _ = fill(registry)
    receipt = erase_person(registry, kim.id, actor="cli")
    with registry.reading() as tx:
        last = audit.entries(tx)[-1]
        assert (last.actor, last.action, last.subject) == ("cli", "person-erased", receipt.id)
        assert receipt.id != kim.id
        audit.verify(tx)


def test_an_erased_person_is_unknown_and_cannot_be_erased_twice(registry: Registry) -> None:
    kim, session = fill(registry)
    erase_person(registry, kim.id)
    with registry.transaction() as tx:
        assert signin.session(tx, session) is None
        assert people.by_email(tx, PLAIN["email"]) is None
        with pytest.raises(UnknownPerson):
            people.find(tx, PLAIN["name"])
    for nobody in (kim.id, uuid4()):
        with pytest.raises(UnknownPerson):
            erase_person(registry, nobody)
    with registry.transaction() as tx:
        add_kim(tx, **PLAIN)  # type: ignore[arg-type]  # nothing stands in the way of coming back


def test_while_somebody_else_reads_the_receipt_says_that_the_files_wait(
    registry: Registry, store_url: str, clock: Clock
) -> None:
    kim, _ = fill(registry)
    with Registry.open(store_url, KEY, clock=clock) as other:
        with other.reading() as held:
            people.people(held)
            assert not erase_person(registry, kim.id, wait_s=0.3).files_clean
        with registry.reading() as tx:
            assert scrub.pending(tx) is not None
            assert people.by_email(tx, PLAIN["email"]) is None
    assert scrub.scrub(registry, wait_s=5)
    with registry.reading() as tx:
        assert scrub.pending(tx) is None


def test_an_erasure_that_was_cut_short_is_finished_by_the_next_opening(sqlite_url: str, clock: Clock) -> None:
    with Registry.open(sqlite_url, KEY, clock=clock) as registry:
        kim, _ = fill(registry)
        needles = sealed_needles(registry, kim)
        with registry.reading() as held:  # keeps the old pages in the write-ahead log
            people.people(held)
            erase_person(registry, kim.id, wait_s=0)
            assert seen_in(files_of(registry), needles) != []
            registry.engine.dispose(close=False)  # the process ends here
    with Registry.open(sqlite_url, KEY, clock=clock) as registry:
        with registry.reading() as tx:
            assert tx.session.scalar(select(HouseRow.value).where(HouseRow.name == scrub.NOTE)) is None
        assert seen_in(files_of(registry), needles) == []
