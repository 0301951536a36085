"""/api/v1: a centre's programs reach what its staff reaches, as far as their token says, and happen once."""

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as examples
from hypothesis import strategies as st

from portal.web.access import GuardedRoute, Role
from portal.web.api.description import described
from portal.web.app import ROOMS, Settings
from registry import cases, centres, reviews, tokens
from registry.reviews import Release
from tests.portal.desks import CENTRE, at_work, client_of, found_for
from tests.portal.served import PAGE, Portal, made, post

ROUTES = [
    route for each in ROOMS for route in each.routes if isinstance(route, GuardedRoute) and Role.TOKEN in route.roles
]
PLACES = ("client", "enrolment", "exposure", "notice", "webhook", "list_id", "entry")
NEW = {"pseudonym": "Bada", "given_by": "self", "consent": "signed form", "scopes": ["letters"], "days": 90}


def machine(portal: Portal, *scopes: str, centre: str = CENTRE) -> httpx.Client:
    """Return a program of a centre, with a token for these scopes, for all when none is named."""
    at_work(portal, f"Lead {centre.split()[0]}", "lead", centre=centre)
    with portal.registry.transaction("test") as tx:
        at = centres.find_centre(tx, centre)
        _, secret = tokens.make(tx, at.id, "intake desk", scopes or tokens.SCOPES, timedelta(days=1))
    return httpx.Client(base_url=portal.url, headers={"Authorization": f"Bearer {secret}"}, timeout=30)


@pytest.fixture
def settings() -> Settings:
    """One test knocks at every route with tokens that open nothing, far more often than one caller may."""
    return Settings(contact="help@example.org", release=Release("none"), bad_tokens_per_caller="1000 per hour")


@pytest.fixture
def api(portal: Portal) -> Iterator[httpx.Client]:
    with machine(portal) as client:
        yield client


def test_without_a_token_that_holds_every_route_says_401_and_nothing_else(portal: Portal, api: httpx.Client) -> None:
    lead = portal.client(at_work(portal, "Lead Harbour", "lead"))
    page = lead.get("/support/tokens").text
    revoked = page.split('action="/support/tokens/')[1].split("/revoke")[0]
    post(lead, f"/support/tokens/{revoked}/revoke", "/support/tokens")
    for client in (portal.client(), lead, api):
        for route in ROUTES:
            path = route.path.format_map(dict.fromkeys(PLACES, uuid4()))
            answer = client.request(next(iter(route.methods)), path)
            assert (answer.status_code, answer.headers["content-type"]) == (401, "application/problem+json"), path
            assert answer.json()["title"] == "No token"


def test_a_lead_makes_a_token_whose_secret_is_shown_once_and_stored_nowhere(portal: Portal) -> None:
    lead = portal.client(at_work(portal, "Lead Yun", "lead"))
    form = {"name": "Intake", "days": "30", "scope-clients:read": "yes"}

    assert post(lead, "/support/tokens", "/support/tokens", **{**form, "name": ""}).status_code == 422
    page = post(lead, "/support/tokens", "/support/tokens", **form).text
    secret = page.split('<p class="code">')[1].split("<")[0]

    assert secret not in lead.get("/support/tokens").text
    assert httpx.get(f"{portal.url}/api/v1/clients", headers={"Authorization": f"Bearer {secret}"}).json() == {
        "items": [],
        "next": None,
    }
    assert post(portal.client(at_work(portal, "Worker Han")), "/support/tokens", "/support").status_code == 403


@pytest.mark.parametrize("scope", tokens.SCOPES)
def test_a_token_does_what_its_scope_says_and_no_more(portal: Portal, scope: str) -> None:
    reads = {"clients:read": "/api/v1/clients", "exposures:read": "/api/v1/exposures"}
    with machine(portal, scope) as client:
        for needed, path in reads.items():
            assert client.get(path).status_code == (200 if needed == scope else 403)
        made_ = client.post("/api/v1/clients", json=NEW)
        assert made_.status_code == (201 if scope == "clients:write" else 403)


def test_a_client_is_taken_in_enrolled_found_and_written_for_and_a_person_sends(
    portal: Portal, api: httpx.Client
) -> None:
    client = api.post("/api/v1/clients", json=NEW).json()
    photos = f"/api/v1/clients/{client['id']}/enrolments"
    enrolment = {"agreed": True, "fingerprint": made(1).to_json()}

    photo = api.post(photos, json=enrolment)
    again = api.post(photos, json=enrolment)
    found = portal.exposed(_uuid(photo), "https://t.me/s/room/12")
    exposure = api.get("/api/v1/exposures").json()["items"][0]
    letter = api.post(f"/api/v1/exposures/{found}/notices", json={"type": "kr_tba_22_5", "language": "ko"})

    assert client["scopes"] == ["watch", "addresses", "letters"]
    assert (photo.status_code, again.status_code, letter.status_code) == (201, 409, 201)
    assert (exposure["id"], exposure["page_url"]) == (str(found), "https://t.me/s/room/12")
    assert letter.json()["sent_at"] is None
    assert api.get(f"/api/v1/notices/{letter.json()['id']}").json() == letter.json()
    assert len(api.get(f"/api/v1/exposures/{found}/notices").json()) == 1
    assert api.post(f"/api/v1/enrolments/{photo.json()['id']}/withdraw").status_code == 204
    assert api.post(f"/api/v1/clients/{client['id']}/end").status_code == 204
    assert api.get("/api/v1/exposures").json()["items"] == []


def _uuid(answer: httpx.Response) -> Any:
    from uuid import UUID

    return UUID(answer.json()["id"])


def test_a_picture_has_no_place_in_a_request(portal: Portal, api: httpx.Client) -> None:
    client = api.post("/api/v1/clients", json=NEW).json()["id"]
    path = f"/api/v1/clients/{client}/enrolments"

    for body in (
        {"agreed": True, "fingerprint": made(1).to_json(), "photo": "x"},
        {"agreed": False, "fingerprint": made(1).to_json()},
        {"agreed": True, "fingerprint": {"pdq": "00"}},
        {"agreed": True, "fingerprint": {**made(1).to_json(), "width": "wide"}},
    ):
        assert api.post(path, json=body).status_code in {400, 422}


def test_the_same_request_happens_once_and_is_answered_alike(portal: Portal, api: httpx.Client) -> None:
    key = {"Idempotency-Key": "intake-4711"}

    first, second = (api.post("/api/v1/clients", json=NEW, headers=key) for _ in range(2))
    other = api.post("/api/v1/clients", json={**NEW, "days": 30}, headers=key)

    assert (first.status_code, second.status_code, other.status_code) == (201, 201, 422)
    assert first.json() == second.json()
    assert len(api.get("/api/v1/clients").json()["items"]) == 1
    with portal.registry.transaction("test") as tx:
        assert other.json()["title"] == "Key used before"
        assert tokens.answered(tx, uuid4(), "intake-4711", b"") is None, "keys are each program's own"


def test_pages_follow_each_other_by_their_cursor(portal: Portal, api: httpx.Client) -> None:
    for number in range(5):
        assert api.post("/api/v1/clients", json={**NEW, "pseudonym": f"Client {number}"}).status_code == 201

    seen, cursor = [], None
    while True:
        page = api.get("/api/v1/clients", params={"limit": 2, **({"cursor": cursor} if cursor else {})}).json()
        seen += [each["pseudonym"] for each in page["items"]]
        cursor = page["next"]
        if cursor is None:
            break

    assert seen == [f"Client {number}" for number in reversed(range(5))]
    assert api.get("/api/v1/clients", params={"cursor": "nowhere"}).json()["title"] == "Bad cursor"


def test_another_centres_rows_and_what_was_not_allowed_do_not_exist(portal: Portal, api: httpx.Client) -> None:
    at_work(portal, "Other Lead", "lead", centre="Other Centre")
    minji, client = client_of(portal, "Minji", centre="Other Centre")
    found = found_for(portal, minji)
    watched, _ = client_of(portal, "Watched", "watch")
    mine = found_for(portal, watched, seed=2)
    with portal.registry.transaction("test") as tx:
        letter = cases.save_notice(tx, found, "us_tida", "en", "text").id

    for path in (
        f"clients/{client.id}",
        f"clients/{client.id}/enrolments",
        f"exposures/{found}",
        f"exposures/{found}/notices",
        f"notices/{letter}",
        f"exposures/{mine}/notices",
    ):
        answer = api.get(f"/api/v1/{path}")
        assert (answer.status_code, answer.json()["title"]) == (404, "Not found"), path
    assert api.get(f"/api/v1/exposures/{mine}").json()["page_url"] is None
    assert [each["id"] for each in api.get("/api/v1/exposures").json()["items"]] == [str(mine)]
    assert "Watched" in api.get("/api/v1/clients").text
    seen = portal.client(watched).get("/me/looks").text
    assert "intake desk, Harbour Centre" in seen


def test_what_is_under_review_or_of_somebody_under_age_is_closed_to_programs_too(
    portal: Portal, api: httpx.Client
) -> None:
    young, _ = client_of(portal, "Young", given_by="guardian", birth_year=2012)
    haneul, _ = client_of(portal, "Haneul")
    minor, doubled = found_for(portal, young), found_for(portal, haneul, seed=2)
    with portal.registry.transaction("test") as tx:
        reviews.open_review(tx, [cases.exposure(tx, each).enrolment for each in (doubled,)])

    letter = {"type": "kr_tba_22_5", "language": "ko"}
    assert api.post(f"/api/v1/exposures/{minor}/notices", json=letter).status_code == 409
    assert api.post(f"/api/v1/exposures/{doubled}/notices", json=letter).status_code == 404
    for each in (minor, doubled):
        assert api.get(f"/api/v1/exposures/{each}").json()["page_url"] is None


def test_the_description_names_every_route_and_nobody(portal: Portal) -> None:
    text = portal.client().get("/api/v1/openapi.json")

    assert {route.path for route in ROUTES} == set(text.json()["paths"])
    assert text.json()["openapi"].startswith("3.")
    assert PAGE not in text.text


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=8,
)
FIELDS = sorted(
    {name for shape in described()["components"]["schemas"].values() for name in shape.get("properties", ())}
)
BODIES = JSON | st.dictionaries(st.sampled_from(FIELDS), JSON, max_size=8) | st.just(NEW)
ODD = st.text(st.characters(min_codepoint=33, max_codepoint=126, exclude_characters="/?#%"), min_size=1, max_size=12)


def test_no_request_however_odd_breaks_anything_on_our_side(portal: Portal, api: httpx.Client) -> None:
    """Every route with odd places, odd questions and odd bodies: never a 5xx."""
    client = api.post("/api/v1/clients", json=NEW).json()["id"]

    @examples(max_examples=8, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(odd=ODD, body=BODIES, limit=st.integers(-(2**70), 2**70) | st.text(max_size=5))
    def ask(route: GuardedRoute, odd: str, body: Any, limit: Any) -> None:
        for place in (odd, client, str(uuid4())):
            path = route.path.format_map(dict.fromkeys(PLACES, place))
            method = next(iter(route.methods or ()))
            extra: dict[str, Any] = {"params": {"limit": limit, "cursor": odd}}
            if method == "POST":
                extra = {"content": json.dumps(body), "headers": {"Content-Type": "application/json"}}
            answer = api.request(method, path, **extra)
            assert answer.status_code < 500, (method, path, body)

    for route in ROUTES:
        if not route.path.endswith("/end"):
            ask(route)  # type: ignore[call-arg]


def test_a_list_of_an_exchange_is_filled_read_back_and_withdrawn(portal: Portal, api: httpx.Client) -> None:
    about = {"name": "Exchange", "purpose": "agreement of 2026-10", "source": "exchange"}
    made_ = api.post("/api/v1/hash-lists", json=about)
    again = api.post("/api/v1/hash-lists", json=about)
    path = f"/api/v1/hash-lists/{made_.json()['id']}"
    records = [{"id": str(number), "indicator": f"{number:064x}", "type": "HASH_PDQ"} for number in range(1, 4)]
    odd = [{"indicator": "zz", "type": "HASH_PDQ"}, {"indicator": "0" * 32, "type": "HASH_MD5"}]

    taken = api.post(f"{path}/records", json={"records": [*records, *odd]}).json()
    page = api.get(f"{path}/entries", params={"limit": 2}).json()
    rest = api.get(f"{path}/entries", params={"cursor": page["next"]}).json()
    entry = page["items"][0]
    ended = api.post(f"{path}/entries/{entry['id']}/withdraw")

    assert (made_.status_code, again.status_code, ended.status_code) == (201, 422, 204)
    assert (taken["added"], taken["other"], [each["number"] for each in taken["bad"]]) == (3, 1, [4])
    assert len(page["items"]) + len(rest["items"]) == 3
    assert rest["next"] is None
    back = {each["id"]: each["hash"] for each in api.get(f"{path}/entries").json()["items"]}
    assert back[entry["id"]] is None
    assert api.post(f"{path}/records", json={"records": records}).json()["refused"] == 1
    (listed,) = api.get("/api/v1/hash-lists").json()
    assert (listed["entries"], listed["withdrawn"]) == (2, 1)
    with machine(portal, centre="Other Centre") as other:
        assert other.get("/api/v1/hash-lists").json() == []
        assert other.get(f"{path}/entries").status_code == 404
        assert other.post(f"{path}/records", json={"records": records}).status_code == 404
        assert other.post(f"{path}/entries/{entry['id']}/withdraw").status_code == 404
    assert "Exchange" in portal.client(at_work(portal, "Worker Han")).get("/support/clients").text
