"""Too much at once is held for somebody who sees numbers only; nothing of it is mailed, and nothing is lost."""

import dataclasses
from datetime import timedelta

import pytest
from typer.testing import CliRunner

from alerts import taking_in
from alerts.floods import Limits
from alerts.outbox import drain
from alerts.triage import LiveIndex, match_new
from portal.cli import build
from registry import cases, floods
from registry.database import Registry
from tests.alerts.conftest import add_person, enrol, sighting


@pytest.fixture(autouse=True)
def narrow(monkeypatch):
    """Real limits would need hundreds of pictures: the same rule, with smaller numbers."""
    monkeypatch.setattr(taking_in, "LIMITS", Limits(stories=3, people=2, pages=4))


def unlike(n: int, **facts):
    """Sightings of n unlike pictures that one photo happens to match: their fingerprints say they are all it."""
    return [sighting(1, f"https://forum.example/{k}", content_digest=bytes([k + 1]) * 32, **facts) for k in range(n)]


def states(registry) -> set[str]:
    with registry.reading() as tx:
        return {each.state for each in cases.exposures(tx)}


def test_one_photo_like_too_many_unlike_pictures_is_held_and_not_mailed(either_registry, log, mail_server, monkeypatch):
    monkeypatch.setattr("registry.stories.NEAR", -1)  # every file is a picture of its own
    enrol(either_registry, add_person(either_registry))
    log.append(unlike(4))
    report = match_new(either_registry, log, LiveIndex())
    assert (report.exposures, report.held, report.alerts) == (4, 4, 0)

    drain(either_registry, {"smtp": mail_server.channel()})
    assert mail_server.taken == []
    assert states(either_registry) == {"held"}
    with either_registry.transaction() as tx:
        (flood,) = floods.floods(tx)
    assert (flood.kind, flood.people, flood.stories) == ("photo", 1, 4)


def test_what_came_before_the_flood_and_was_not_told_yet_is_held_with_it(registry, log, mail_server, monkeypatch):
    monkeypatch.setattr("registry.stories.NEAR", -1)
    enrol(registry, add_person(registry))
    log.append(unlike(2))
    match_new(registry, log, LiveIndex())
    log.append(unlike(4))
    match_new(registry, log, LiveIndex())
    assert drain(registry, {"smtp": mail_server.channel()}).withheld == 1
    assert mail_server.taken == []


def test_a_famous_picture_is_held_for_everybody_it_is_like(registry, log):
    for name in ("Kim", "Lee", "Park"):
        enrol(registry, add_person(registry, name))
    log.append([sighting(1)])
    report = match_new(registry, log, LiveIndex())
    assert (report.exposures, report.held, report.alerts) == (3, 3, 0)
    with registry.transaction() as tx:
        assert [(each.kind, each.people) for each in floods.floods(tx)] == [("picture", 3)]


def test_one_picture_on_very_many_pages_is_one_story_and_then_a_flood(registry, log):
    enrol(registry, add_person(registry))
    log.append([sighting(1, f"https://forum.example/{n}") for n in range(4)])
    assert match_new(registry, log, LiveIndex()).held == 0
    with registry.reading() as tx:
        assert len({each.story for each in cases.exposures(tx)}) == 1
    log.append([sighting(1, "https://forum.example/more")])
    assert match_new(registry, log, LiveIndex()).held == 1
    with registry.reading() as tx:
        assert [each.kind for each in floods.floods(tx)] == ["spread"]


def test_ordinary_news_beside_a_flood_is_told(registry, log):
    for name in ("Kim", "Lee", "Park"):
        enrol(registry, add_person(registry, name))
    enrol(registry, add_person(registry, "Choi"), 2)
    log.append([sighting(1), sighting(2)])
    assert match_new(registry, log, LiveIndex()).alerts == 1


def test_limits_are_numbers_an_operator_can_read():
    assert dataclasses.asdict(Limits()) == {"stories": 50, "people": 20, "pages": 300, "within": timedelta(days=7)}


def test_an_operator_lists_releases_and_closes_by_numbers_only(private_home, log, mail_server, monkeypatch):
    def run(*words: str, code: int = 0) -> str:
        result = CliRunner().invoke(build(), ["alerts", *words])
        assert result.exit_code == code, result.output
        return result.output

    assert "Nothing is held back" in run("quarantine", "list")
    with Registry.open() as registry:
        for name in ("Kim", "Lee", "Park"):
            for seed in (1, 2):
                enrol(registry, add_person(registry, f"{name} {seed}"), seed)
        log.append([sighting(1), sighting(2)])
        match_new(registry, log, LiveIndex())
        listed = run("quarantine", "list")
        assert listed.count("3 people, 3 pictures, 3 pages") == 2
        assert not [word for word in ("Kim", "forum", "cdn", "example.org") if word in listed]
        assert "2 floods are held back" in run()

        first, second = (line[:8] for line in listed.splitlines())
        assert "3 people will be told" in run("quarantine", "release", first)
        assert "3 exposures are set aside" in run("quarantine", "close", second)
        assert "There is no flood" in run("quarantine", "close", "ffffffff", code=2)
        assert "released" in run("quarantine", "list", "--all")
        assert drain(registry, {"smtp": mail_server.channel()}).delivered == 3
    assert len(mail_server.taken) == 3
