"""The rooms of a support centre: its own clients and nobody else's, worked through in one queue, seen by the client."""

from datetime import timedelta
from uuid import UUID

import httpx
import pytest

from alerts.closing import close_and_tell
from portal.web.access import GuardedRoute, Role
from portal.web.app import ROOMS
from registry import audit, cases, casework, centres, clients, lists, people, tenancy, tokens, webhooks
from registry.people import Person
from tests.portal.desks import CENTRE, at_work, client_of, found_for
from tests.portal.served import PICTURE, Portal, post

ROOM = "https://t.me/s/room/12"
STAFF_ROUTES = [
    route
    for each in ROOMS
    for route in each.routes
    if isinstance(route, GuardedRoute) and route.roles & {Role.STAFF, Role.LEAD} and "{" in route.path
]


@pytest.fixture
def worker(portal: Portal) -> Person:
    return at_work(portal, "Worker Han")


@pytest.fixture
def desk(portal: Portal, worker: Person) -> httpx.Client:
    return portal.client(worker)


def of_staff(portal: Portal, worker: Person) -> set[str]:
    """Return what the trail says this member of staff did."""
    with portal.registry.reading() as tx:
        return {each.action for each in audit.entries(tx) if each.actor == str(worker.id)}


def test_the_queue_shows_the_centres_clients_and_no_address_or_picture(portal: Portal, desk: httpx.Client) -> None:
    haneul, _ = client_of(portal, "Haneul")
    found_for(portal, haneul)
    found_for(portal, portal.person("Stranger Kim"), seed=2)

    page = desk.get("/support").text

    assert "1 open case" in page
    assert "Haneul" in page
    assert "Telegram" in page
    assert "Stranger" not in page
    assert "t.me" not in page
    assert PICTURE not in page
    assert "<img" not in page


@pytest.mark.parametrize("route", STAFF_ROUTES, ids=lambda route: f"{sorted(route.methods)[0]} {route.path}")
def test_another_centres_case_client_and_letter_do_not_exist(portal: Portal, route: GuardedRoute) -> None:
    """Every route of a centre, with ids of another centre's: the same answer as for ids that are nobody's."""
    at_work(portal, "Other Lead", "lead", centre="Other Centre")
    minji, client = client_of(portal, "Minji", centre="Other Centre")
    found = found_for(portal, minji)
    letter = _letter(portal, found)
    ids = {
        "exposure": found,
        "client": client.id,
        "letter": letter,
        "file": "letter.eml",
        "token": _token(portal, "Other Centre"),
        "webhook": _webhook(portal, "Other Centre"),
    }
    mine = portal.client(at_work(portal, "Own Yun", "lead"))
    path = route.path.format(**ids)

    if "GET" in (route.methods or ()):
        answer = mine.get(path)
    else:
        fields = {"words": "x", "given_by": "self", "scope-watch": "yes", "days": "30", "kind": "refused"}
        answer = post(mine, path, "/support", **fields)

    assert answer.status_code == 404
    assert "Minji" not in answer.text


def _token(portal: Portal, centre: str) -> UUID:
    """Make a token for a centre's machines."""
    with portal.registry.transaction("test") as tx:
        at = centres.find_centre(tx, centre)
        token, _ = tokens.make(tx, at.id, "archive", ["clients:read"], timedelta(days=30))
        return token.id


def _webhook(portal: Portal, centre: str) -> UUID:
    """Make a webhook of a centre's."""
    with portal.registry.transaction("test") as tx:
        made, _ = webhooks.add(tx, centres.find_centre(tx, centre).id, "https://hooks.example/", ["notice.due"])
        return made.id


def _letter(portal: Portal, found: UUID) -> UUID:
    with portal.registry.transaction("test") as tx:
        return cases.save_notice(tx, found, "us_tida", "en", "Please remove it.").id


def test_cases_are_taken_in_hand_handed_over_and_put_back(portal: Portal, worker: Person, desk: httpx.Client) -> None:
    other = at_work(portal, "Other Seo")
    haneul, _ = client_of(portal, "Haneul")
    cases_ = [found_for(portal, haneul, seed, f"https://forum.example/{seed}") for seed in (1, 2)]

    def hands() -> dict[UUID, UUID]:
        with portal.registry.reading() as tx:
            tenancy.confine(tx, worker.id)
            return casework.assignments(tx)

    picked = {f"pick-{each}": "yes" for each in cases_}
    assert post(desk, "/support/queue", "/support", do=f"one-{cases_[0]}").headers["location"] == "/support"
    assert hands() == {cases_[0]: worker.id}
    answer = post(
        desk, "/support/queue", "/support", do="hand", to=str(other.id), sort="age", show="all", at="1", **picked
    )
    assert answer.headers["location"] == "/support?sort=age&show=all&at=1"
    assert hands() == dict.fromkeys(cases_, other.id)
    assert "Counsellor Seo" in desk.get("/support").text
    assert "Haneul" not in desk.get("/support?show=mine").text
    post(desk, "/support/queue", "/support", do="free", **picked)
    assert hands() == {}


def test_drafting_in_bulk_sends_nothing_and_says_what_each_case_needs(portal: Portal, desk: httpx.Client) -> None:
    haneul, _ = client_of(portal, "Haneul")
    watched, _ = client_of(portal, "Watched Only", "watch")
    young, _ = client_of(portal, "Young", given_by="guardian", birth_year=2012)
    found = [
        found_for(portal, person, seed, f"https://t.me/s/{seed}")
        for seed, person in enumerate((haneul, watched, young), 1)
    ]

    page = post(desk, "/support/queue", "/support", do="draft", **{f"pick-{each}": "yes" for each in found}).text

    for sentence in ("A letter is ready to be read", "has not allowed letters", "Under age"):
        assert sentence in page
    with portal.registry.reading() as tx:
        letters = [letter for each in found for letter in cases.notices(tx, each)]
    assert [letter.sent_at for letter in letters] == [None]
    assert CENTRE in letters[0].text
    again = post(desk, "/support/queue", "/support", do="draft", **{f"pick-{found[0]}": "yes"}).text
    assert "A draft was there already" in again


def test_a_case_is_read_drafted_sent_and_answered_and_the_client_sees_it(
    portal: Portal, worker: Person, desk: httpx.Client
) -> None:
    haneul, client = client_of(portal, "Haneul")
    found = found_for(portal, haneul)
    case = f"/support/cases/{found}"

    assert "t.me" not in desk.get(case).text
    form = desk.get(f"{case}/write", params={"type": "kr_tba_22_5", "language": "ko"}).text
    assert CENTRE in form
    sent = post(desk, f"{case}/write", "/support", type="kr_tba_22_5", language="ko", requester_phone="02-123-4567")
    letter = sent.headers["location"]
    assert ROOM in desk.get(letter).text
    assert desk.get(f"{letter}/letter.eml").status_code == 200
    assert post(desk, f"{letter}/sent", "/support").headers["location"] == letter
    assert post(desk, f"{letter}/answer", "/support", kind="refused", words="No.").headers["location"] == case
    assert ROOM in post(desk, f"{case}/where", "/support").text
    assert b"watchlight-evidence-1" in desk.get(f"{case}/evidence.json").content
    post(desk, f"{case}/note", "/support", words="Call on Monday.\nNot on Fridays.")
    file = desk.get(f"/support/clients/{client.id}").text

    assert "Not on Fridays." in file
    assert "A letter was sent" in file
    seen = portal.client(haneul).get("/me/looks").text
    assert "Counsellor Han, Harbour Centre" in seen
    for line in ("A find was opened", "An address was shown", "A letter was noted as sent", "A note was written"):
        assert line in seen
    assert "The record of a find was exported" in seen
    assert "Call on Monday" not in seen


def test_what_a_client_has_not_allowed_is_not_there(portal: Portal, worker: Person, desk: httpx.Client) -> None:
    watched, _ = client_of(portal, "Watched", "watch")
    case = f"/support/cases/{found_for(portal, watched)}"

    page = desk.get(case).text

    assert "has not allowed addresses" in page
    assert "has not allowed letters" in page
    refused = [
        post(desk, f"{case}/where", "/support"),
        desk.get(f"{case}/evidence.json"),
        desk.get(f"{case}/write", params={"type": "kr_tba_22_5", "language": "ko"}),
        post(desk, f"{case}/write", "/support", type="kr_tba_22_5", language="ko"),
    ]
    assert [answer.status_code for answer in refused] == [404] * 4


def test_the_address_of_somebody_under_age_goes_to_the_police_by_a_lead_and_to_no_page(portal: Portal) -> None:
    desk, lead = portal.client(at_work(portal, "Worker Han")), portal.client(at_work(portal, "Lead Yun", "lead"))
    young, _ = client_of(portal, "Young", given_by="guardian", birth_year=2012)
    case = f"/support/cases/{found_for(portal, young)}"

    assert "urgent" in desk.get("/support").text
    for one in (desk, lead):
        assert post(one, f"{case}/where", "/support").status_code == 404
        assert one.get(f"{case}/write", params={"type": "kr_tba_22_5", "language": "ko"}).status_code == 404
    assert desk.get(f"{case}/evidence.json").status_code == 404
    assert ROOM.encode() in lead.get(f"{case}/evidence.json").content


def test_somebody_who_comes_without_an_account_is_taken_in_with_a_record_of_consent(
    portal: Portal, worker: Person, desk: httpx.Client
) -> None:
    new = {"name": "Bada", "words": "signed form", "given_by": "self", "scope-letters": "yes", "days": "90"}
    bad = post(desk, "/support/clients", "/support/clients/new", **{**new, "given_by": "", "birth_year": "199x"})
    alone = post(desk, "/support/clients", "/support/clients/new", **{**new, "birth_year": "2012"})
    portal.person("Bada")
    done = post(desk, "/support/clients", "/support/clients/new", **new)

    assert (bad.status_code, alone.status_code) == (422, 422)
    assert "A year looks like 2009." in bad.text
    assert 'value="Bada"' in bad.text
    assert "under age does not consent alone" in alone.text
    file = desk.get(done.headers["location"])
    assert "write and read letters" in file.text
    assert "Bada" in file.text, "a pseudonym that is taken gets a few signs more, and nobody is told why"
    ended = post(desk, done.headers["location"] + "/end", "/support")
    assert ended.headers["location"] == "/support/clients"
    assert desk.get(done.headers["location"]).status_code == 404
    assert "1 former client" in desk.get("/support/clients").text


def test_a_person_lets_a_centre_in_is_told_after_it_and_ends_it(portal: Portal, desk: httpx.Client) -> None:
    haneul = portal.person("Haneul")
    found_for(portal, haneul)
    mine = portal.client(haneul)
    with portal.registry.reading() as tx:
        centre = str(tenancy.confine(tx, people.find(tx, "Worker Han").id).centre)

    assert post(mine, "/me/centre", "/me/centre", centre=centre).status_code == 422
    post(mine, "/me/centre", "/me/centre", centre=centre, days="30", first="yes", **{"scope-addresses": "yes"})
    assert "Haneul" in desk.get("/support").text
    page = mine.get("/me/centre").text
    assert "see the addresses where it was found" in page
    with portal.registry.reading() as tx:
        person, client = people.get(tx, haneul.id), clients.centres_of(tx, haneul)[0]
    assert (person.told_first, person.supporter_email) == ("supporter", "harbour@centre.example")
    renewed = {"given_by": "self", "words": "on the phone", "scope-letters": "yes", "days": "365"}
    assert post(desk, f"/support/clients/{client.id}/consent", "/support", **renewed).status_code == 404

    post(mine, f"/me/centre/{client.id}/end", "/me/centre")
    assert "Haneul" not in desk.get("/support").text
    with portal.registry.reading() as tx:
        assert (people.get(tx, haneul.id).told_first, people.get(tx, haneul.id).supporter_email) == ("me", None)


def test_nobody_ends_or_sees_what_another_person_allowed(portal: Portal, worker: Person) -> None:
    _, client = client_of(portal, "Haneul")
    other = portal.client(portal.person("Somebody Else"))

    assert post(other, f"/me/centre/{client.id}/end", "/me/centre").status_code == 404
    with portal.registry.reading() as tx:
        assert clients.client(tx, client.id).scopes_at(tx.now())


def test_every_page_of_a_centre_is_grey_until_somebody_asks_for_colour(portal: Portal, desk: httpx.Client) -> None:
    assert 'class="roomy desk grey"' in desk.get("/support").text
    post(desk, "/support/colour", "/support", colour="yes")
    assert 'class="roomy desk"' in desk.get("/support").text


def test_after_a_long_stretch_a_break_is_suggested(portal: Portal, worker: Person, desk: httpx.Client) -> None:
    from datetime import timedelta

    now = portal.registry.clock()
    start = max(now - timedelta(minutes=50), now.replace(hour=0, minute=0, second=0, microsecond=0))
    clock = portal.registry.clock
    for minute in range(0, 50, 4):
        portal.registry.clock = lambda minute=minute: start + timedelta(minutes=minute)  # type: ignore[misc]
        with portal.registry.transaction(str(worker.id)) as tx:
            audit.append(tx, worker.id, "case-opened", worker.id)
    portal.registry.clock = clock
    if (now - start) > timedelta(minutes=46):
        assert "minutes at a stretch" in desk.get("/support").text


def test_the_year_is_counted_for_the_own_clients_only(portal: Portal, desk: httpx.Client) -> None:
    haneul, _ = client_of(portal, "Haneul")
    found_for(portal, haneul)
    found_for(portal, portal.person("Stranger Kim"), seed=2)

    page = desk.get("/support/report").text

    assert "<dt>Finds</dt><dd>1</dd>" in page


def test_a_hash_list_is_no_client_of_the_year(portal: Portal, desk: httpx.Client) -> None:
    client_of(portal, "Haneul")
    with portal.registry.transaction() as tx:
        (centre,) = centres.centres(tx)
        lists.make(tx, "Reports", at=centre, purpose="copies of reported pictures", source="an exchange")

    page = desk.get("/support/report").text

    assert "<dt>New clients</dt><dd>1</dd>" in page
    assert "<dt>Clients today</dt><dd>1</dd>" in page


def test_who_has_left_stays_in_the_years_numbers_until_the_consent_ended(portal: Portal, desk: httpx.Client) -> None:
    haneul, client = client_of(portal, "Haneul")
    found_for(portal, haneul)
    with portal.registry.transaction(str(haneul.id)) as tx:
        clients.end(tx, client.id)
    found_for(portal, haneul, seed=2)

    page = desk.get("/support/report").text

    assert "<dt>Finds</dt><dd>1</dd>" in page
    assert "<dt>New clients</dt><dd>1</dd>" in page
    assert "<dt>Clients today</dt><dd>0</dd>" in page
    assert "Haneul" not in page


def test_a_caseworker_of_no_centre_reaches_nobody(portal: Portal) -> None:
    alone = portal.client(portal.person("Alone Kim", roles=("caseworker",)))

    assert "at no centre yet" in alone.get("/support").text
    assert alone.get("/support/clients").status_code == 403


def test_what_staff_does_stands_in_the_trail(portal: Portal, worker: Person, desk: httpx.Client) -> None:
    haneul, client = client_of(portal, "Haneul")
    found = found_for(portal, haneul)
    desk.get("/support")
    desk.get(f"/support/cases/{found}")
    desk.get(f"/support/clients/{client.id}")

    assert {"client-listed", "case-opened", "client-opened"} <= of_staff(portal, worker)


def test_a_person_reads_that_their_centre_was_closed_and_which_one_could_go_on(portal: Portal) -> None:
    at_work(portal, "Worker Han")
    at_work(portal, "Other Seo", centre="Hill Centre")
    person = portal.person("Own Choice")
    with portal.registry.transaction("test") as tx:
        at = centres.find_centre(tx, CENTRE)
        until = tx.now() + timedelta(days=9)
        how = {"given_by": "self", "words": clients.IN_PORTAL, "scopes": ["watch"], "until": until}
        clients.allow(tx, at, person, **how)
    worker = portal.client(at_work(portal, "Worker Han"))
    assert "ends within two weeks" in worker.get("/support/clients").text
    with portal.registry.transaction("test") as tx:
        close_and_tell(tx, at, to=centres.find_centre(tx, "Hill Centre"), asked="forms of 2026-11")
    mine = portal.client(person)

    page = mine.get("/me/centre").text

    assert "This centre was closed on" in page
    assert "It names Hill Centre" in page
    assert f'value="{at.id}"' not in page, "a closed centre cannot be let in"
    again = post(mine, "/me/centre", "/me/centre", centre=str(at.id), days="30", **{"scope-watch": "yes"})
    assert again.status_code == 404
    assert "You are signed in as a caseworker" not in worker.get("/support").text
