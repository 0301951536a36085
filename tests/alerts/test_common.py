"""Common pictures are no evidence, whole or in part; people's dismissals propose them, and an operator decides."""

import base64
import io
import json

import pytest
from PIL import Image
from typer.testing import CliRunner

from alerts.triage import LiveIndex, match_new, match_retro
from crawler.store import CrawlStore
from matchers import Fingerprint, fingerprint
from matchers.frames import Frame, frames
from portal.cli import build
from registry import cases, dismissals, enrolments, proposals
from registry.database import Registry
from registry.errors import BadValue
from tests.alerts.conftest import KEY, add_person, sighting
from tests.matchers.conftest import photo, saved


def with_logo(seed: int, logo: Image.Image) -> Image.Image:
    """A photo with a picture in its lower right corner, a fifth of the area."""
    made = photo(seed)
    made.paste(logo.resize((360, 270)), (430, 320))
    return made


def made(image: Image.Image, quality: int = 85) -> Fingerprint:
    return fingerprint(saved(image, "JPEG", quality=quality))


def enrol_as(registry, name: str, *prints: Fingerprint):
    person = add_person(registry, name)
    with registry.transaction() as tx:
        return person, [enrolments.enrol(tx, person, each).id for each in prints]


def see(log, fp: Fingerprint, page: int, digest: int | None = None) -> None:
    content = (page if digest is None else digest).to_bytes(32)
    log.append([sighting(1, f"https://forum.example/{page}", fingerprint=fp, content_digest=content)])


def pages(registry) -> list[str]:
    with registry.reading() as tx:
        return sorted(each.page_url.rpartition("/")[2] for each in cases.exposures(tx))


def test_a_shared_logo_is_evidence_until_it_is_marked_in_live_and_retro_matching(registry, log):
    logo = photo(77)
    enrol_as(registry, "Kim", made(with_logo(1, logo)))
    see(log, made(with_logo(2, logo)), 1)
    live = LiveIndex()
    assert match_new(registry, log, live).exposures == 1  # what the mark is for

    number = log.common.add("logo.png", (Frame(fingerprint(saved(logo, "PNG"))),))
    see(log, made(with_logo(3, logo)), 2)
    see(log, made(with_logo(1, logo), quality=50), 3)
    see(log, made(photo(1).crop((0, 0, 420, 600))), 4)
    match_new(registry, log, live)
    match_retro(registry, log)
    assert pages(registry) == ["1", "3", "4"]  # the photo itself and its other parts are still found

    assert log.common.remove(number)
    assert match_retro(registry, log).exposures == 1
    assert pages(registry) == ["1", "2", "3", "4"]


def test_a_head_pasted_on_a_marked_meme_is_still_found(registry, log):
    enrol_as(registry, "Kim", made(photo(5)))
    meme = photo(77)
    log.common.add("meme.png", (Frame(fingerprint(saved(meme, "PNG"))),))
    meme.paste(photo(5).crop((250, 100, 550, 450)), (200, 120))
    see(log, made(meme), 1)

    assert match_new(registry, log, LiveIndex()).exposures == 1


def test_a_dismissed_part_silences_its_near_copies_and_no_other_part(registry, log):
    enrol_as(registry, "Kim", made(photo(1)))
    live, part = LiveIndex(), photo(1).crop((0, 0, 360, 600))
    see(log, made(part), 1)
    match_new(registry, log, live)
    with registry.transaction() as tx:
        (exposure,) = cases.exposures(tx)
        assert exposure.kind == "cropped"
        dismissals.dismiss(
            tx, exposure.id, "own-publication", log.at(exposure.page_url, exposure.content_digest).frames
        )
    see(log, made(part.resize((270, 450)), quality=60), 2)
    see(log, made(photo(1).crop((420, 0, 800, 600))), 3)
    see(log, made(photo(1)), 4)

    assert match_new(registry, log, live).silenced == 1
    assert pages(registry) == ["1", "3", "4"]


@pytest.fixture
def meme(registry, log):
    """Three photos of two people have the same meme's picture in them, and that picture is seen in two files."""
    drawing = photo(77)
    prints = [made(with_logo(seed, drawing)) for seed in (1, 2, 3)]
    enrol_as(registry, "Kim", prints[0], prints[1])
    enrol_as(registry, "Lee", prints[2])
    see(log, made(drawing), 1)
    see(log, made(drawing.resize((400, 300)), quality=60), 2)
    match_new(registry, log, LiveIndex())
    return registry


def dismiss_all(registry, log, why: str = "not-me", who: str | None = None) -> None:
    with registry.transaction() as tx:
        for each in cases.exposures(tx):
            if who is None or who == str(each.person):
                dismissals.dismiss(tx, each.id, why, log.at(each.page_url, each.content_digest).frames)


def proposed(registry, log) -> list[proposals.Proposal]:
    with registry.reading() as tx:
        return proposals.proposals(tx, log.common.known())


def test_a_picture_dismissed_for_several_people_is_proposed_once_with_its_near_copies(meme, log):
    assert proposed(meme, log) == []
    dismiss_all(meme, log)

    (one,) = proposed(meme, log)
    assert (one.photos, one.people, one.exposures, one.others, one.confirmed) == (3, 2, 4, 0, 0)
    log.common.add("meme", one.frames)
    assert proposed(meme, log) == []
    with meme.transaction() as tx, pytest.raises(BadValue, match="no proposal 00000000"):
        proposals.proposal(tx, "00000000")


def test_neither_one_person_alone_nor_own_publications_propose_anything(meme, log):
    with meme.reading() as tx:
        kim = next(str(each.person) for each in cases.exposures(tx))
    dismiss_all(meme, log, who=kim)
    assert proposed(meme, log) == []
    dismiss_all(meme, log, "own-publication")
    assert proposed(meme, log) == []


@pytest.fixture
def house(monkeypatch):
    """The registry and the log that the commands open by themselves."""
    monkeypatch.setenv("WATCHLIGHT_REGISTRY_KEY", base64.b64encode(KEY).decode())
    with Registry.open() as registry:
        yield registry, CrawlStore.open().log


def test_the_operator_sees_counts_and_accepts_with_one_command_but_not_against_a_notice(house):
    registry, log = house
    drawing = photo(77)
    for number in range(4):
        enrol_as(registry, f"P {number}", made(with_logo(number, drawing)))
    see(log, made(drawing), 1)
    match_new(registry, log, LiveIndex())
    with registry.transaction() as tx:
        first, *others = cases.exposures(tx)
        for each in others:
            dismissals.dismiss(tx, each.id, "not-me", log.at(each.page_url, each.content_digest).frames)
        cases.mark_sent(tx, cases.save_notice(tx, first, "us_tida", "en", "Please remove this.").id)
    run = CliRunner().invoke

    told = run(build(), ["common", "list", "--json"]).stdout
    (one,) = [json.loads(line)["proposed"] for line in told.splitlines()]
    assert {name: one[name] for name in one if name != "id"} == {
        "photos": 3, "people": 3, "exposures": 3, "others": 1, "confirmed": 1,
    }  # fmt: skip
    assert "example" not in told + run(build(), ["common", "list"]).stdout
    refused = run(build(), ["common", "accept", one["id"]])
    assert (refused.exit_code, log.common.ids()) == (2, ())
    assert run(build(), ["common", "accept", one["id"], "--anyway"]).exit_code == 0
    assert [each.name for each in log.common.all()] == [f"proposal {one['id']}"]
    assert "Proposed" not in run(build(), ["common", "list"]).stdout


def test_a_picture_that_an_enrolled_photo_looks_like_is_not_marked_by_mistake(house, tmp_path):
    registry, log = house
    enrol_as(registry, "Kim", made(photo(1)))
    photo(1).crop((0, 0, 500, 600)).save(tmp_path / "part.png")
    photo(2).save(tmp_path / "other.png")
    run, files = CliRunner().invoke, [str(tmp_path / name) for name in ("part.png", "other.png")]

    told = run(build(), ["common", "add", *files])
    assert told.exit_code == 2
    assert "part.png: a photo that somebody enrolled looks like it" in told.stderr
    assert [each.name for each in log.common.all()] == ["other.png"]
    assert run(build(), ["common", "add", files[0], "--anyway"]).exit_code == 0


def test_a_common_picture_made_by_an_older_version_silences_nothing_and_says_so(house):
    import dataclasses

    _, log = house
    file = io.BytesIO()
    photo(2).save(file, "PNG")
    (frame,) = frames(file.getvalue())
    log.common.add("old.png", (Frame(dataclasses.replace(frame.fingerprint, version="1")),))

    assert not log.common.known().has((frame,))
    assert log.common.parts().unexplained(frame.fingerprint.regions) is frame.fingerprint.regions
    assert "add it again" in CliRunner().invoke(build(), ["common", "list"]).stdout
