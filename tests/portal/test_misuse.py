"""What a person reads while addresses are not released: the same words, whatever the reason."""

import pytest

from alerts.doubles import look_for_doubles
from portal.web.app import Settings
from registry import reviews
from registry.reviews import Release
from tests.portal.desks import at_work, client_of, found_for
from tests.portal.served import PAGE, Portal, post

RULED = {"type": "kr_tba_22_5", "language": "ko"}


@pytest.fixture
def settings() -> Settings:
    return Settings(contact="help@example.org", release=Release())


def test_nobody_reads_an_address_or_a_letter_before_they_are_verified(portal: Portal) -> None:
    kim = portal.person()
    found = portal.exposed(portal.enrolled(kim))
    client = portal.client(kim)
    place = f"/me/found/{found}"

    page = client.get(place)
    closed = [
        post(client, f"{place}/where", "/me"),
        client.get(f"{place}/write", params=RULED),
        post(client, f"{place}/write", "/me", **RULED),
    ]

    assert "This is being reviewed" in page.text
    assert "write?type" not in page.text
    assert [answer.status_code for answer in closed] == [403] * 3
    for answer in (page, *closed):
        assert "being reviewed" in answer.text
        assert PAGE not in answer.text


def test_an_unverified_and_a_doubled_account_read_the_same(portal: Portal) -> None:
    kim, lee = portal.person("Kim One"), portal.person("Lee Two")
    found = [portal.exposed(portal.enrolled(each, seed=4), f"https://forum.example/{each.id}") for each in (kim, lee)]

    def pages() -> list[str]:
        return [
            post(portal.client(who), f"/me/found/{each}/where", "/me").text.split("<main")[1]
            for who, each in zip((kim, lee), found, strict=True)
        ]

    before = pages()
    assert look_for_doubles(portal.registry) == 1
    assert pages() == before
    assert before[0] == before[1]


def test_a_lead_sees_the_review_of_a_client_and_decides_it(portal: Portal) -> None:
    worker, lead = (portal.client(at_work(portal, *each)) for each in (("Worker Han",), ("Lead Yun", "lead")))
    haneul, client = client_of(portal, "Haneul")
    found = found_for(portal, haneul)
    stranger = portal.person("Stranger")
    portal.enrolled(stranger)
    assert look_for_doubles(portal.registry) == 1
    file, case = f"/support/clients/{client.id}", f"/support/cases/{found}"

    assert "under review" in worker.get(case).text
    assert post(worker, f"{case}/where", "/support").status_code == 404
    assert post(worker, f"{file}/review", "/support", outcome="cleared").status_code == 403
    page = lead.get(file).text
    assert "Stranger" not in page
    photo = page.split('name="photo" value="')[1].split('"')[0]
    post(lead, f"{file}/verify", "/support")
    post(lead, f"{file}/review", "/support", photo=photo, outcome="cleared")

    assert post(worker, f"{case}/where", "/support").status_code == 200
    with portal.registry.reading() as tx:
        assert reviews.verified_by(tx, haneul) == "centre"
        assert reviews.frozen(tx, stranger)
