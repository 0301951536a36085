"""Hash lists: read from files of exchanges, compared like photos, told to whoever keeps them, withdrawn for good."""

import base64
import io
import json
from datetime import timedelta
from functools import cache
from pathlib import Path

import pytest
from typer.testing import CliRunner

from alerts.closing import close_and_tell
from alerts.doubles import look_for_doubles
from alerts.triage import LiveIndex, match_new
from crawler.store import CrawlStore
from matchers import Fingerprint, Index
from matchers.fingerprint import VERSION
from matchers.hashes import ImageHash, pdq
from matchers.index import SlowIndex
from matchers.sightings import Sighting
from portal.cli import build
from registry import cases, centres, clients, consents, enrolments, list_files, lists, people, reviews, tenancy
from registry.database import Registry
from registry.errors import BadValue, PersonExists, UnknownList, UnknownPerson
from registry.list_files import BadRow, OtherKind
from registry.lists import Record
from tests.matchers.conftest import photo, saved
from tests.registry.conftest import KEY, Clock, add_kim, fingerprint_of

ABOUT = {"purpose": "copies of a reported picture, by agreement of 2026-10", "source": "exchange"}


@cache
def seen(seed: int = 1, turn: int = 0) -> Fingerprint:
    """Return the fingerprint of a photo, turned by quarter turns."""
    from matchers import fingerprint

    return fingerprint(saved(photo(seed).rotate(90 * turn, expand=True), "JPEG", quality=80), whole_only=True)


def upright(seed: int = 1) -> ImageHash:
    return seen(seed).whole[0]


def near(hash_: ImageHash, bits: int) -> ImageHash:
    """Return a hash that differs by so many bits."""
    flipped = int.from_bytes(hash_.bits) ^ ((1 << bits) - 1)
    return ImageHash(pdq.ALGORITHM, pdq.VERSION, flipped.to_bytes(pdq.BITS // 8))


@pytest.fixture
def a_list(registry: Registry) -> lists.HashList:
    with registry.transaction() as tx:
        return lists.make(tx, "Exchange", email="desk@operator.example", **ABOUT)


def rows(text: str) -> list[tuple[int, list_files.Row]]:
    return list(list_files.read(io.StringIO(text)))


H1, H2 = "0f" * 32, "f0" * 32
THREAT = {"id": "101", "indicator": H1, "type": "HASH_PDQ", "status": "MALICIOUS", "tags": ["a", "b"]}
GONE = {"id": "102", "type": "HASH_PDQ", "should_delete": True}


@pytest.mark.parametrize(
    "text",
    [
        json.dumps({"data": [THREAT, GONE], "paging": {"next": "x"}}),
        json.dumps({"data": [THREAT, GONE]}, indent=2),
        json.dumps([THREAT, GONE]),
        f"{json.dumps(THREAT)}\n{json.dumps(GONE)}\n",
        json.dumps({"paging": {}, "data": [THREAT, GONE]}),
        f"\ufeffid,indicator,type,tags,should_delete\n101,{H1},HASH_PDQ,a b,false\n102,,HASH_PDQ,,true\n",
        f"101,{H1.upper()},HASH_PDQ,1601513795,1601513796,MALICIOUS,a b,\n102,,HASH_PDQ,1,2,NON_MALICIOUS,,\n",
        json.dumps([{"id": 101, "signals": {"pdq": H1}, "tags": ["a", "b"]}, {"id": 102, "pdq": None, "disabled": 1}]),
    ],
)
def test_every_form_an_exchange_writes_says_the_same(text: str) -> None:
    first, second = (row for _, row in rows(text))
    assert isinstance(first, Record)
    assert isinstance(second, Record)
    assert (first.hash and first.hash.hex, first.external, first.tags, first.withdrawn) == (
        H1,
        "101",
        ("a", "b"),
        False,
    )
    assert (second.hash, second.external, second.withdrawn) == (None, "102", True)


def test_a_bad_row_is_named_with_its_line_and_the_others_are_read() -> None:
    csv = f"type,hash,quality\npdq,{H1},90\npdq,abc,90\nHASH_MD5,{'0' * 32},\n\n"
    csv += f"pdq,{H2},12\npdq,{H2},x\npdq,{H2},1,2\npdq,{H2},50\n"
    found = rows(csv)
    assert [(line, type(row).__name__) for line, row in found] == [
        (2, "Record"), (3, "BadRow"), (4, "OtherKind"), (6, "BadRow"), (7, "BadRow"), (8, "BadRow"), (9, "Record"),
    ]  # fmt: skip
    assert "64 hexadecimal digits" in found[1][1].why  # type: ignore[union-attr]
    broken = (
        f'{json.dumps(THREAT)}\n{{"indicator": "{H2}", \n{{"id": "7", "indicator": "{H2}", "type": "pdq"}}\n["x"]\n5\n'
    )
    told = rows(broken)
    assert [line for line, row in told if isinstance(row, Record)] == [1, 3]
    assert next(line for line, row in told if isinstance(row, BadRow)) == 2
    assert [type(row) for _, row in rows("nothing here\n1\n")] == [BadRow]
    assert rows("") == []
    assert isinstance(rows(json.dumps([{"indicator": H1, "type": "HASH_TMK"}]))[0][1], OtherKind)


def test_a_bare_hash_is_found_in_every_orientation_up_to_the_published_radius_and_no_further() -> None:
    """The picture that is seen brings its own eight orientations, exact to the bit; nothing else is asked."""
    enrolled = Fingerprint.of_hash(upright(), 100)
    again = Fingerprint.from_bytes(enrolled.to_bytes())
    assert (again.is_bare, again.version, again.regions, again.witness) == (True, VERSION, None, None)
    for index in (Index(), SlowIndex()):
        from uuid import UUID

        index.add(UUID(int=1), enrolled)
        index.add(UUID(int=2), Fingerprint.of_hash(near(upright(), 31), 100))
        index.add(UUID(int=3), Fingerprint.of_hash(near(upright(), 32), 100))
        for turn in range(4):
            found = {each.enrolment.int: each for each in index.search(seen(turn=turn))}
            assert found[1].kind == ("rotated" if turn else "whole")
            assert found[1].distance <= 12
            assert 3 not in found or found[3].distance <= 31
        upright_ones = {each.enrolment.int for each in index.search(seen())}
        assert upright_ones == {1, 2}


def test_hashes_turned_by_their_bits_alone_come_near_the_real_ones() -> None:
    for seed in range(6):
        whole = seen(seed).whole
        apart = [pdq.turned(whole[0], name).distance(real) for name, real in zip(pdq.ORIENTATIONS, whole, strict=True)]
        assert apart[0] == 0
        assert max(apart) <= 50


def test_a_match_is_told_to_whoever_keeps_the_list_and_to_nobody_else(
    registry: Registry, a_list: lists.HashList, tmp_path: Path
) -> None:
    store = CrawlStore.open(f"sqlite:///{tmp_path / 'crawl.sqlite3'}")
    with registry.transaction() as tx:
        assert lists.take(tx, a_list.id, [Record(upright())]).added == 1
    store.log.append(
        [Sighting("b", "https://b.example/1", "https://b.example/1.jpg", registry.clock(), bytes(32), seen())]
    )

    match_new(registry, store.log, LiveIndex())

    with registry.reading() as tx:
        (found,) = cases.exposures(tx)
        (delivery,) = cases.deliveries(tx)
        keeper = people.get(tx, a_list.id)
    assert (found.person, delivery.channel) == (a_list.id, "supporter")
    assert (keeper.supporter_email, keeper.email, keeper.roles) == ("desk@operator.example", None, ("list",))
    store.engine.dispose()


def test_a_centres_list_is_its_client_and_out_of_another_centres_reach(registry: Registry, clock: Clock) -> None:
    with registry.transaction() as tx:
        one, other = (centres.add_centre(tx, name, f"{name.lower()}@centre.example") for name in ("One", "Other"))
        mine = lists.make(tx, "Reports", at=one, days=30, minors=True, **ABOUT)
        theirs = lists.make(tx, "Reports", at=other, **ABOUT)
        lists.take(tx, theirs.id, [Record(upright())])
        assert (lists.called(tx, "One: reports").id, people.get(tx, mine.id).minor) == (mine.id, True)
        with pytest.raises(UnknownList, match="several"):
            lists.called(tx, "Reports")
        with pytest.raises(PersonExists):
            lists.make(tx, "Reports", at=one, **ABOUT)
    with registry.transaction() as tx:
        tenancy.confine_to(tx, one.id)
        assert lists.take(tx, mine.id, [Record(upright(2))]).added == 1
        assert [each.id for each in lists.lists(tx)] == [mine.id]
        assert [each.person for each in clients.clients(tx)] == [mine.id]
        assert lists.entries(tx, theirs.id) == []
        with pytest.raises(UnknownList):
            lists.take(tx, theirs.id, [Record(upright(3))])
    clock.at += timedelta(days=31)
    with registry.transaction() as tx:
        tenancy.confine_to(tx, one.id)
        assert clients.clients(tx) == [], "what was agreed for 30 days ends by itself"
        with pytest.raises(UnknownPerson):
            lists.take(tx, mine.id, [Record(upright(4))])


def test_what_a_list_finds_is_told_to_the_successor_of_a_centre_that_closed(registry: Registry) -> None:
    with registry.transaction() as tx:
        one, other = (centres.add_centre(tx, name, f"{name.lower()}@centre.example") for name in ("One", "Other"))
        mine = lists.make(tx, "Reports", at=one, **ABOUT)
    with registry.transaction() as tx:
        closed = close_and_tell(tx, one, to=other, asked="forms of 2026-11")
        keeper = people.get(tx, mine.id)
    assert (closed.listed, closed.handed_over) == ((mine.id,), ())
    assert (keeper.supporter_email, keeper.told_first) == ("other@centre.example", "supporter-only")


def test_what_was_withdrawn_is_deleted_at_once_and_no_import_brings_it_back(
    registry: Registry, a_list: lists.HashList
) -> None:
    live = LiveIndex()
    records = [Record(upright(seed), external=str(seed)) for seed in (1, 2, 3, 4)]
    with registry.transaction() as tx:
        lists.take(tx, a_list.id, records)
        assert vars(lists.take(tx, a_list.id, records)) == {"added": 0, "known": 4, "withdrawn": 0, "refused": 0}
    with registry.transaction() as tx:
        assert lists.withdraw(tx, a_list.id, hash=upright(1))
        assert not lists.withdraw(tx, a_list.id, hash=upright(1))
        assert lists.withdraw(tx, a_list.id, external="2")
        assert lists.take(tx, a_list.id, [Record(None, external="3", withdrawn=True)]).withdrawn == 1
        fourth = next(each for each in enrolments.enrolments(tx, a_list.id) if each.withdrawn_at is None)
        consents.withdraw(tx, enrolment=fourth.id)
        assert lists.take(tx, a_list.id, [Record(upright(5), external="5", withdrawn=True)]).withdrawn == 1
    with registry.transaction() as tx:
        again = [*records, Record(upright(5)), Record(upright(6))]
        assert vars(lists.take(tx, a_list.id, again)) == {"added": 1, "known": 0, "withdrawn": 0, "refused": 5}
        text = "\n".join(
            line for form in list_files.FORMATS for line in list_files.write(lists.entries(tx, a_list.id), form)
        )
    live.refresh(registry)
    assert len(live.index) == 1
    assert upright(6).hex in text
    assert not [seed for seed in (1, 2, 3, 4, 5) if upright(seed).hex in text]
    deletions = [json.loads(line) for line in text.splitlines() if line.startswith("{")]
    assert {each["id"] for each in deletions if each.get("should_delete")} == {"1", "2", "3", "4", "5"}


def test_one_file_may_name_a_hash_withdraw_it_and_name_it_again(registry: Registry, a_list: lists.HashList) -> None:
    """New or known from an earlier import: what came after its withdrawal is refused."""
    seen = Record(upright(1), external="1")
    records = [seen, Record(None, external="1", withdrawn=True), seen, Record(upright(2), external="2")]
    with registry.transaction() as tx:
        assert vars(lists.take(tx, a_list.id, records)) == {"added": 2, "known": 0, "withdrawn": 1, "refused": 1}
        late = Record(upright(2), withdrawn=True)
        taken = lists.take(tx, a_list.id, [records[3], late, records[3]])
        assert vars(taken) == {"added": 0, "known": 1, "withdrawn": 1, "refused": 1}


def test_an_export_is_read_back_as_the_same_list(registry: Registry, a_list: lists.HashList) -> None:
    records = [Record(upright(seed), 80 + seed, str(seed), ("x", "y")) for seed in (1, 2)]
    with registry.transaction() as tx:
        lists.take(tx, a_list.id, [*records, Record(upright(3), external="3", withdrawn=True)])
        entries = lists.entries(tx, a_list.id)
    for form in list_files.FORMATS:
        back = [row for _, row in rows("\n".join(list_files.write(entries, form)))]
        assert {
            (each.hash.hex, each.external, each.tags) for each in back if isinstance(each, Record) and each.hash
        } == {(each.hash.hex, each.external, each.tags) for each in records if each.hash}
        assert [each.external for each in back if isinstance(each, Record) and each.withdrawn] == ["3"]


def test_a_list_freezes_nobodys_account_and_cannot_sign_in(registry: Registry, a_list: lists.HashList) -> None:
    with registry.transaction() as tx:
        kim = add_kim(tx)
        consents.give(tx, kim)
        enrolments.enrol(tx, kim, fingerprint_of(1))
        lists.take(tx, a_list.id, [Record(fingerprint_of(1).whole[0])])
    assert look_for_doubles(registry) == 0
    with registry.reading() as tx:
        assert reviews.sides(tx) == []
        assert people.by_email(tx, "desk@operator.example") is None


def test_a_list_says_what_it_is_for_and_has_somebody_to_tell(registry: Registry) -> None:
    for wrong in ({"purpose": " "}, {"source": ""}, {"email": None}, {"email": "x"}, {"days": 0}, {"days": 366}):
        with registry.transaction() as tx, pytest.raises(BadValue):
            lists.make(tx, "Exchange", **{"email": "desk@operator.example", **ABOUT, **wrong})  # type: ignore[arg-type]


def test_the_commands_make_fill_write_and_end_a_list(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WATCHLIGHT_REGISTRY_KEY", base64.b64encode(KEY).decode())
    run = CliRunner().invoke
    app = build()
    file, out = tmp_path / "in.csv", tmp_path / "out.json"
    file.write_text(f"id,indicator,type\n1,{H1},HASH_PDQ\n2,zz,HASH_PDQ\n3,{H2},HASH_PDQ\n", encoding="utf-8")

    assert run(app, ["hashes", "new", "Ex", "--purpose", "p", "--source", "s", "--email", "d@o.example"]).exit_code == 0
    bad = run(app, ["hashes", "import", "Ex", str(file)])
    assert bad.exit_code == 2
    assert "2 added" in bad.stdout
    assert "line 3: a PDQ hash has 64 hexadecimal digits" in bad.stderr
    assert run(app, ["hashes", "withdraw", "Ex", "--id", "1"]).exit_code == 0
    assert run(app, ["hashes", "export", "Ex", str(out)]).exit_code == 0
    told = [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()]
    assert {each["id"]: each.get("indicator") for each in told} == {"1": None, "3": H2}
    assert out.stat().st_mode & 0o077 == 0
    assert json.loads(run(app, ["hashes", "list", "--json"]).stdout)["entries"] == 1
    assert run(app, ["hashes", "import", "Ex", str(tmp_path / "none")]).exit_code == 2
    assert run(app, ["hashes", "remove", "Ex"]).exit_code == 0
    assert "no lists" in run(app, ["hashes", "list"]).stdout
