"""People: found by name and mail whichever way they are written, and nonsense is refused by field."""

from dataclasses import replace
from datetime import UTC, datetime
from uuid import uuid4

import pytest

from registry import people
from registry.database import Registry
from registry.errors import BadValue, PersonExists, UnknownPerson
from registry.models import PersonRow
from tests.registry.conftest import Clock, add_kim


def test_a_person_comes_back_as_they_were_added(registry: Registry) -> None:
    with registry.transaction() as tx:
        added = people.add_person(
            tx,
            "김서연",
            email="seoyeon@example.org",
            language="ko",
            timezone="Europe/Berlin",
            country="de",
            phrase="파란 대문",
            webhook_url="https://hooks.example/x",
            webhook_secret="s3cret",
            birth_year=1990,
            roles=("operator", "person"),
        )
    with registry.reading() as tx:
        found = people.get(tx, added.id)
    assert found == added
    assert (found.country, found.channels, found.roles) == ("DE", ("smtp", "webhook"), ("person", "operator"))


@pytest.mark.parametrize("written", ["kim seo-yeon", "  Kim   Seo-yeon ", "KIM SEO-YEON", "Ｋｉｍ Seo-yeon"])
def test_a_name_is_found_however_it_is_spaced_and_capitalised(registry: Registry, written: str) -> None:
    with registry.transaction() as tx:
        kim = add_kim(tx)
        assert people.find(tx, written) == kim


def test_a_mail_address_is_found_and_a_strange_one_is_nobody(registry: Registry) -> None:
    with registry.transaction() as tx:
        kim = add_kim(tx, email="Kim@Example.org")
        assert people.by_email(tx, " kim@example.ORG") == kim
        assert people.by_email(tx, "lee@example.org") is None


def test_an_unknown_name_says_how_to_see_who_there_is(registry: Registry) -> None:
    with registry.reading() as tx, pytest.raises(UnknownPerson, match="watchlight person list"):
        people.find(tx, "Nobody")
    with registry.reading() as tx, pytest.raises(UnknownPerson):
        people.get(tx, uuid4())


@pytest.mark.parametrize(
    "again", [{"name": "KIM seo-yeon", "email": None}, {"name": "Lee", "email": "KIM@example.org"}]
)
def test_nobody_is_added_twice(registry: Registry, again: dict[str, str | None]) -> None:
    with registry.transaction() as tx:
        add_kim(tx, email="kim@example.org")
    with registry.transaction() as tx:
        with pytest.raises(PersonExists):
            people.add_person(tx, str(again["name"]), email=again["email"])
        add_kim(tx, "Park")  # the unit of work goes on
    with registry.reading() as tx:
        assert {each.name for each in people.people(tx)} == {"Kim Seo-yeon", "Park"}


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", "  "),
        ("name", "Kim\x07"),
        ("name", "K" * 501),
        ("email", "no address"),
        ("email", "kim@"),
        ("email", "a@b.example\nBcc: x@example.org"),
        ("language", "fr"),
        ("timezone", "Mars/Olympus"),
        ("timezone", "../../etc/passwd"),
        ("country", "Korea"),
        ("phrase", "blue\x00door"),
        ("webhook_url", "javascript:alert(1)"),
        ("birth_year", 90),
        ("roles", ("queen",)),
        ("roles", ()),
    ],
)
def test_a_value_that_cannot_be_right_is_refused_by_its_field(registry: Registry, field: str, value: object) -> None:
    fields: dict[str, object] = {"name": "Kim", field: value}
    with registry.transaction() as tx, pytest.raises(BadValue, match=field.removesuffix("_url").rstrip("s")):
        people.add_person(tx, **fields)  # type: ignore[arg-type]


def test_a_person_can_change_and_is_found_under_the_new_name_only(registry: Registry) -> None:
    with registry.transaction() as tx:
        kim = add_kim(tx, email=None)
        changed = people.change(tx, kim, name="Lee", email="lee@example.org", roles=("caseworker",))
        assert changed == replace(kim, name="Lee", email="lee@example.org", roles=("caseworker",), channels=("smtp",))
        assert people.find(tx, "lee") == changed
        with pytest.raises(UnknownPerson):
            people.find(tx, kim.name)


def test_channels_somebody_chose_stay_when_an_address_is_added(registry: Registry) -> None:
    with registry.transaction() as tx:
        kim = add_kim(tx, channels=["webhook"])
        assert people.change(tx, kim, webhook_url="https://hooks.example/x").channels == ("webhook",)


def test_a_change_to_somebody_elses_name_is_refused(registry: Registry) -> None:
    with registry.transaction() as tx:
        add_kim(tx)
        lee = add_kim(tx, "Lee")
    with registry.transaction() as tx:
        with pytest.raises(PersonExists):
            people.change(tx, lee, name="Kim Seo-yeon")
        with pytest.raises(BadValue, match="no field id"):
            people.change(tx, lee, id=uuid4())
    with registry.reading() as tx:
        assert people.get(tx, lee.id) == lee


def test_age_counts_in_the_persons_own_time_zone_and_never_too_early(registry: Registry, clock: Clock) -> None:
    clock.at = datetime(2026, 12, 31, 16, 0, tzinfo=UTC)  # the first of January in Seoul
    with registry.transaction() as tx:
        years = {
            (zone, year): add_kim(tx, f"{zone} {year}", timezone=zone, birth_year=year, email=None).minor
            for zone in ("Asia/Seoul", "UTC")
            for year in (2007, 2008, 2009)
        }
    assert years == {
        ("UTC", 2007): False,
        ("UTC", 2008): True,
        ("UTC", 2009): True,
        ("Asia/Seoul", 2007): False,
        ("Asia/Seoul", 2008): False,
        ("Asia/Seoul", 2009): True,
    }


def test_no_name_address_or_phrase_shows_when_a_person_is_printed(registry: Registry) -> None:
    with registry.transaction() as tx:
        shown = repr(add_kim(tx, phrase="blue door", webhook_url="https://hooks.example/x", birth_year=1990))
    assert not [word for word in ("Kim", "example", "blue", "1990") if word in shown]


@pytest.mark.parametrize(
    ("wish", "named"),
    [
        ({"digest": "hourly"}, "digest"),
        ({"digest_at": "25:00"}, "digest_at"),
        ({"quiet": "22-8"}, "quiet"),
        ({"quiet": "08:00-08:00"}, "quiet"),
        ({"detail": "everything"}, "detail"),
        ({"all_clear": "hourly"}, "all_clear"),
        ({"told_first": "supporter"}, "supporter_email"),
        ({"supporter_email": "nobody"}, "supporter_email"),
        ({"apprise_url": "telegram"}, "apprise_url"),
        ({"colour": "blue"}, "colour"),
    ],
)
def test_a_wish_nobody_can_follow_is_refused_by_its_field(registry: Registry, wish: dict[str, str], named: str) -> None:
    with registry.transaction() as tx:
        with pytest.raises(BadValue, match=named):
            add_kim(tx, **wish)
        kim = add_kim(tx)
        with pytest.raises(BadValue, match=named):
            people.change(tx, kim, **wish)


def test_wishes_come_back_and_an_address_of_a_messenger_makes_a_channel(registry: Registry) -> None:
    wishes = {"digest": "daily", "digest_at": "18:30", "quiet": "22:00-08:00", "detail": "news", "all_clear": "weekly"}
    with registry.transaction() as tx:
        kim = add_kim(tx, **wishes)
        changed = people.change(tx, kim, apprise_url="tgram://token/chat", supporter_email="su@example.org")
    assert changed.channels == ("smtp", "apprise")
    assert {name: getattr(changed, name) for name in wishes} == wishes
    assert "tgram" not in repr(changed)


def test_a_profile_older_than_the_wishes_opens_with_the_calm_ones(registry: Registry) -> None:
    with registry.transaction() as tx:
        kim = add_kim(tx)
        row = tx.session.get_one(PersonRow, kim.id)
        profile = tx.unseal_record(kim.id, f"people/{kim.id}/profile", row.profile)
        for name in ("digest", "quiet", "detail", "all_clear", "told_first", "apprise_url", "supporter_email"):
            del profile[name]
        row.profile = tx.seal_record(kim.id, f"people/{kim.id}/profile", profile)
        tx.session.flush()
        assert people.get(tx, kim.id) == kim
