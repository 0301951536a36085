"""The commands person, consent and enrol, as somebody types them."""

import io
import json
import shlex
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image
from typer.testing import CliRunner, Result

from matchers import fingerprint
from portal.cli import build
from registry import crypto, enrolments, first_operator, passkeys, people, signin
from registry.database import Registry, registry_url
from tests.registry.conftest import photo

Watchlight = Callable[[str], Result]


@pytest.fixture
def watchlight(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Watchlight:
    """Run one command line in a folder with some pictures."""
    (tmp_path / "beach.png").write_bytes(photo(1))
    (tmp_path / "street.png").write_bytes(photo(2))
    (tmp_path / "red.png").write_bytes(one_colour((300, 300)))
    (tmp_path / "tiny.png").write_bytes(one_colour((20, 20)))
    (tmp_path / "letter.txt").write_text("Dear all")
    (tmp_path / "empty.jpg").touch()
    monkeypatch.chdir(tmp_path)
    app = build()
    return lambda line: CliRunner().invoke(app, shlex.split(line))


def one_colour(size: tuple[int, int]) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", size, "red").save(out, "PNG")
    return out.getvalue()


def test_a_photo_of_somebody_new_is_enrolled_and_the_consent_is_said(watchlight: Watchlight) -> None:
    done = watchlight("enrol --person Kim beach.png")
    assert done.exit_code == 0, done.output
    assert "was added" in done.stdout
    assert "No photo is stored" in done.stdout
    assert "watchlight consent withdraw --person Kim" in done.stdout
    with Registry.open() as registry, registry.reading() as tx:
        assert [each.person for each in enrolments.enrolments(tx)] == [people.find(tx, "kim").id]
        assert len(enrolments.active(tx)) == 1


def test_the_same_photo_again_is_said_to_be_enrolled_already(watchlight: Watchlight) -> None:
    watchlight("enrol --person Kim beach.png")
    done = watchlight("enrol --person Kim beach.png")
    assert (done.exit_code, "enrolled already" in done.stdout) == (0, True)
    assert "Recorded" not in done.stdout


def test_each_unusable_photo_gets_its_sentence_and_the_others_are_enrolled(watchlight: Watchlight) -> None:
    done = watchlight("enrol --person Kim red.png tiny.png letter.txt empty.jpg missing.jpg . beach.png street.png")
    assert done.exit_code == 2
    said = dict(line.split(": ", 1) for line in done.stderr.splitlines() if ": " in line)
    assert set(said) == {"red.png", "tiny.png", "letter.txt", "empty.jpg", "missing.jpg", "."}
    assert "too little structure" in said["red.png"]
    assert "too small" in said["tiny.png"]
    assert "not a picture" in said["letter.txt"]
    assert "No such file" in said["missing.jpg"]
    assert "6 of 8 files" in done.stderr
    assert json.loads(watchlight("person list --json").stdout)["enrolments"] == 2


def test_each_distinct_moment_of_an_animation_is_enrolled_as_a_photo(watchlight: Watchlight, tmp_path: Path) -> None:
    first, second = (Image.open(io.BytesIO(photo(seed))) for seed in (1, 2))
    first.save(tmp_path / "moving.png", save_all=True, append_images=[first, second], duration=400)
    done = watchlight("enrol --person Kim moving.png")
    assert done.exit_code == 0, done.output
    assert "moving.png at 0.0 s: enrolled as" in done.stdout
    assert "moving.png at 0.8 s: enrolled as" in done.stdout
    assert json.loads(watchlight("person list --json").stdout)["enrolments"] == 2


def test_a_marked_head_goes_along_and_a_box_of_another_photo_enrols_nothing(watchlight: Watchlight) -> None:
    refused = watchlight("enrol --person Kim --head 300,100,200,200 beach.png")
    assert (refused.exit_code, "does not lie within this picture" in refused.stderr) == (2, True)
    assert "one by one" in watchlight("enrol --person Kim --head 10,10,50,50 beach.png street.png").stderr
    assert "--head wants" in watchlight("enrol --person Kim --head nose beach.png").stderr
    assert watchlight("enrol --person Kim --head 100,80,120,120 beach.png").exit_code == 0
    with Registry.open() as registry, registry.reading() as tx:
        [(_, kept)] = enrolments.active(tx)
    assert kept == fingerprint(photo(1), head=(100, 80, 120, 120))


def test_nobody_is_added_when_no_photo_can_be_used(watchlight: Watchlight) -> None:
    done = watchlight("enrol --person Kim red.png")
    assert (done.exit_code, "Nothing was enrolled" in done.stderr) == (2, True)
    assert "Nobody yet" in watchlight("person list").stdout


def test_nothing_of_an_enrolled_photo_is_written_but_the_sealed_registry(
    watchlight: Watchlight, private_home: Path
) -> None:
    watchlight("enrol --person 'Kim Seo-yeon' beach.png")
    assert {each.name for each in private_home.iterdir()} <= {
        "registry.key",
        *(f"registry.sqlite3{end}" for end in ("", "-wal", "-shm")),
    }
    written = b"".join(each.read_bytes() for each in private_home.iterdir())
    assert not [needle for needle in (b"Kim", b"beach", photo(1)[-200:-100]) if needle in written]


def test_a_person_with_everything_is_shown_as_stored(watchlight: Watchlight) -> None:
    line = "person add Lee --email lee@example.org --language en --timezone Europe/Berlin --country DE"
    done = watchlight(
        line + " --phrase 'blue door' --webhook https://hooks.example/1 --birth-year 1990 --role operator"
    )
    assert done.exit_code == 0, done.output
    assert "it is not shown again" in done.stdout
    shown = json.loads(watchlight("person show lee --json").stdout)
    assert (shown["email"], shown["timezone"], shown["roles"]) == ("lee@example.org", "Europe/Berlin", "operator")
    assert (shown["channels"], shown["phrase"]) == ("smtp webhook", "blue door")
    assert "webhook_secret" not in shown
    assert "blue door" in watchlight("person show lee").stdout


def test_somebody_who_cannot_be_told_by_mail_is_pointed_out(watchlight: Watchlight) -> None:
    assert "only show in the portal" in watchlight("person add Kim").stdout


@pytest.mark.parametrize(
    "line",
    [
        "person show Nobody",
        "person erase Nobody --yes",
        "person link Nobody",
        "consent withdraw --person Nobody",
        "consent list --person Nobody",
    ],
)
def test_an_unknown_person_gets_one_sentence_that_says_what_to_do(watchlight: Watchlight, line: str) -> None:
    done = watchlight(line)
    assert done.exit_code == 2
    assert done.stderr.startswith("Nobody is called 'Nobody' here.")
    assert "watchlight person add" in done.stderr
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("person add Kim --language fr", "language is one of en, ko"),
        ("person add Kim --timezone Seoul", "Asia/Seoul"),
        ("person add Kim --email nowhere", "name@example.org"),
        ("person add Kim --role queen", "person, caseworker, operator"),
        ("consent withdraw", "--person NAME"),
        ("consent withdraw --person Kim --enrolment 7e7a4d5e-0000-4000-8000-000000000000", "--person NAME"),
        ("consent withdraw --enrolment 7e7a4d5e-0000-4000-8000-000000000000", "person show"),
    ],
)
def test_wrong_use_is_one_sentence_and_exit_2(watchlight: Watchlight, line: str, says: str) -> None:
    done = watchlight(line)
    assert (done.exit_code, says in done.stderr) == (2, True), done.output
    assert len(done.stderr.splitlines()) == 1


def test_the_same_name_twice_is_refused(watchlight: Watchlight) -> None:
    watchlight("person add Kim")
    done = watchlight("person add KIM")
    assert (done.exit_code, "is here already" in done.stderr) == (2, True)


def test_a_withdrawn_photo_is_no_longer_looked_for(watchlight: Watchlight) -> None:
    watchlight("enrol --person Kim beach.png street.png")
    first, _ = json.loads(watchlight("person show Kim --json").stdout)["enrolments"]
    assert "1 photo is no longer" in watchlight(f"consent withdraw --enrolment {first['id']}").stdout
    assert "1 photo is no longer" in watchlight("consent withdraw --person Kim").stdout
    assert "withdrawn" in watchlight("consent list").stdout
    assert json.loads(watchlight("consent list --person Kim --json").stdout)["withdrawn_at"]
    with Registry.open() as registry, registry.reading() as tx:
        assert enrolments.active(tx) == []


def test_erasing_asks_first_and_prints_a_receipt(watchlight: Watchlight) -> None:
    watchlight("enrol --person Kim beach.png")
    refused = watchlight("person erase Kim")
    assert (refused.exit_code, "Nothing was erased" in refused.stderr) == (2, True)
    done = watchlight("person erase Kim --yes")
    assert (done.exit_code, "Erased. Receipt" in done.stdout) == (0, True)
    assert watchlight("person list --json").stdout == ""


def test_an_erasure_can_be_read_by_a_script(watchlight: Watchlight) -> None:
    watchlight("person add Kim")
    receipt = json.loads(watchlight("person erase Kim --yes --json").stdout)
    assert (set(receipt), receipt["files_clean"]) == ({"receipt", "at", "files_clean"}, True)


def test_a_link_for_somebody_without_mail_signs_them_in_once(
    watchlight: Watchlight, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WATCHLIGHT_PORTAL_URL", "https://watch.example/")
    watchlight("person add Kim")
    done = watchlight("person link Kim")
    assert done.stdout.startswith("https://watch.example/")
    assert "works once" in done.stderr
    with Registry.open() as registry, registry.transaction() as tx:
        session = signin.redeem(tx, done.stdout.strip().rsplit("/", 1)[-1].rsplit("=", 1)[-1])
        assert signin.session(tx, session) == people.find(tx, "Kim")


def test_a_lost_key_is_a_failure_of_the_machine_and_says_what_to_do(watchlight: Watchlight) -> None:
    watchlight("person add Kim")
    crypto.key_file().unlink()
    done = watchlight("person list")
    assert (done.exit_code, "put it back" in done.stderr) == (1, True)


def test_a_database_that_cannot_be_reached_is_a_failure_of_the_machine(
    watchlight: Watchlight, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WATCHLIGHT_REGISTRY_DATABASE_URL", "sqlite:////nowhere/registry.sqlite3")
    assert registry_url().endswith("/nowhere/registry.sqlite3")
    done = watchlight("person list")
    assert (done.exit_code, "WATCHLIGHT_REGISTRY_DATABASE_URL" in done.stderr) == (1, True)


def test_a_centre_is_set_up_by_the_operator(watchlight: Watchlight) -> None:
    assert watchlight("centre list").stdout.startswith("No centre yet")
    assert watchlight("centre add 'Harbour Centre' --email news@harbour.example").exit_code == 0
    assert watchlight("centre staff add 'Harbour Centre' Han").exit_code == 2  # there is no such account yet
    made = watchlight("centre staff add 'harbour centre' Han --email han@work.example --role lead --shown-as 'C 3'")
    assert made.exit_code == 0
    assert json.loads(watchlight("centre staff list 'Harbour Centre' --json").stdout) == {
        "name": "Han",
        "role": "lead",
        "shown_as": "C 3",
    }
    listed = json.loads(watchlight("centre list --json").stdout)
    assert (listed["name"], listed["staff"], listed["clients"]) == ("Harbour Centre", 1, 0)
    assert watchlight("centre add 'HARBOUR centre'").exit_code == 2
    assert watchlight("centre add 'Hill Centre'").exit_code == 0
    assert watchlight("centre remove 'Hill Centre'").exit_code == 2
    assert "0 clients go on with nobody" in watchlight("centre close 'Hill Centre'").output
    assert watchlight("centre close 'Hill Centre'").exit_code == 2
    assert "closed 20" in watchlight("centre list").output
    assert watchlight("centre remove 'Hill Centre'").exit_code == 0
    assert watchlight("centre staff add 'Harbour Centre' Han --role boss").exit_code == 2
    assert watchlight("centre staff remove Han").exit_code == 0
    assert watchlight("centre staff list 'Harbour Centre' --json").stdout == ""


def test_the_first_operator_gets_a_link_that_works_and_nobody_gets_one_after(watchlight: Watchlight) -> None:
    link = watchlight("person first-operator").stdout.strip()
    assert link.startswith("http://localhost:8620/set-up/")
    with Registry.open() as registry, registry.transaction() as tx:
        first_operator.redeem(tx, link.rpartition("/")[2], "Night desk", None, "en")
    again = watchlight("person first-operator")
    assert again.exit_code == 2
    assert "person add NAME --role operator" in again.output


def test_keys_that_somebody_lost_are_forgotten(watchlight: Watchlight) -> None:
    watchlight("person add Kim")
    with Registry.open() as registry, registry.transaction() as tx:
        passkeys.add(tx, people.find(tx, "Kim"), "stick", b"1", b"public", 0)
    done = watchlight("person forget-keys Kim")
    assert "1 passkeys" in done.stdout
    with Registry.open() as registry, registry.reading() as tx:
        assert not passkeys.has_any(tx, people.find(tx, "Kim"))
