"""Webhooks of a centre: made by its programs, signed, ids only, retried, and stopped in the open."""

import base64
import hashlib
import hmac
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from threading import Thread
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from alerts.hooks import call_webhooks
from alerts.outbox import MOST_TRIES
from alerts.signed_post import Poster
from alerts.telling import tell_all
from registry import calls, cases, clients, consents, people, webhooks
from tests.portal.desks import at_work, client_of, found_for
from tests.portal.listener import Listener
from tests.portal.served import PICTURE, Portal, made, post
from tests.portal.test_api import machine

NOW = datetime(2099, 1, 1, tzinfo=UTC)
ROOM = "https://t.me/s/room/12"
POSTER = Poster(allow_loopback=True)


@pytest.fixture
def api(portal: Portal, monkeypatch: pytest.MonkeyPatch) -> Iterator[httpx.Client]:
    monkeypatch.setenv("WATCHLIGHT_ALLOW_LOOPBACK", "1")
    with machine(portal) as client:
        yield client


@pytest.fixture
def heard() -> Iterator[Listener]:
    """The other side: a real server on loopback that keeps what it is told."""
    with Listener(("127.0.0.1", 0)) as server:
        thread = Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        yield server
        server.shutdown()
        thread.join(5)


def made_hook(api: httpx.Client, server: Listener, *events: str) -> dict[str, Any]:
    body = {"url": server.url, "events": list(events or webhooks.EVENTS)}
    answer = api.post("/api/v1/webhooks", json=body)
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


def happened(portal: Portal, name: str = "Haneul", *scopes: str, seed: int = 1) -> tuple[people.Person, UUID]:
    """Let something of a client's be found and told."""
    person, _ = client_of(portal, name, *scopes)
    found = found_for(portal, person, seed, ROOM)
    with portal.registry.transaction("matching") as tx:
        tell_all(tx, [cases.exposure(tx, found)])
    return person, found


def is_signed(message: tuple[dict[str, str], bytes], secret: str) -> bool:
    """Check a message as a receiver would, after the words of Standard Webhooks."""
    headers, body = message
    content = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    key = base64.b64decode(secret.removeprefix("whsec_"))
    expected = "v1," + base64.b64encode(hmac.new(key, content, hashlib.sha256).digest()).decode()
    return expected in headers["webhook-signature"].split()


def test_what_happens_is_told_once_signed_and_by_ids_only(portal: Portal, api: httpx.Client, heard: Listener) -> None:
    hook = made_hook(api, heard)
    _, found = happened(portal)
    with portal.registry.transaction("recheck") as tx:
        letter = cases.save_notice(tx, found, "us_tida", "en", "text").id
        for event in ("verdict.changed", "notice.due"):
            webhooks.announce(tx, event, cases.exposure(tx, found), letter if event == "notice.due" else None)

    ends = call_webhooks(portal.registry, POSTER)
    again = call_webhooks(portal.registry, POSTER)

    told = [json.loads(body) for _, body in heard.messages]
    assert (ends, again.total()) == ({"delivered": 3}, 0)
    assert {each["type"] for each in told} == set(webhooks.EVENTS)
    assert all(is_signed(message, hook["secret"]) for message in heard.messages)
    assert not is_signed(heard.messages[0], "whsec_" + base64.b64encode(bytes(32)).decode())
    assert all(set(each["data"]) <= {"client", "exposure", "notice", "href"} for each in told)
    for each in told:
        assert api.get(each["data"]["href"]).status_code == 200, "the link leads to what happened"
    text = b"".join(body for _, body in heard.messages).decode()
    assert not [word for word in (ROOM, PICTURE, "t.me", "Haneul", made(1).whole[0].hex) if word in text]
    log = api.get(f"/api/v1/webhooks/{hook['id']}/deliveries").json()["items"]
    assert [each["state"] for each in log] == ["done"] * 3
    assert {each["id"] for each in log} == {headers["webhook-id"] for headers, _ in heard.messages}


def test_only_what_was_asked_for_and_what_the_client_allows_is_told(
    portal: Portal, api: httpx.Client, heard: Listener
) -> None:
    made_hook(api, heard, "exposure.created", "notice.due")
    person, found = happened(portal, "Watched", "watch")
    happened(portal, "Gone Soon", seed=2)
    with portal.registry.transaction("test") as tx:
        webhooks.announce(tx, "verdict.changed", cases.exposure(tx, found))
        webhooks.announce(tx, "notice.due", cases.exposure(tx, found), None)
        gone = next(each for each in clients.clients(tx) if each.person != person.id)
        clients.end(tx, gone.id)
    stranger = portal.exposed(portal.enrolled(portal.person("Stranger"), seed=3))
    with portal.registry.transaction("matching") as tx:
        tell_all(tx, [cases.exposure(tx, stranger)])

    assert call_webhooks(portal.registry, POSTER) == {"delivered": 1, "withheld": 1}
    assert json.loads(heard.messages[0][1])["data"]["exposure"] == str(found)
    with portal.registry.transaction("test") as tx:
        webhooks.announce(tx, "exposure.created", cases.exposure(tx, found))
        consents.withdraw(tx, person=person)
    assert call_webhooks(portal.registry, POSTER) == {"withheld": 1}, "the photo's own consent counts as well"


def test_a_dead_webhook_is_retried_then_stopped_and_its_lead_lets_it_go_on(
    portal: Portal, api: httpx.Client, heard: Listener
) -> None:
    hook = made_hook(api, heard)
    lead = portal.client(at_work(portal, "Lead Harbour", "lead"))
    worker = portal.client(at_work(portal, "Worker Han"))
    happened(portal)
    heard.status = 500

    for number in range(MOST_TRIES):
        assert call_webhooks(portal.registry, POSTER, NOW + timedelta(days=number)).total() == 1
    happened(portal, "Later", seed=2)
    idle = call_webhooks(portal.registry, POSTER, NOW + timedelta(days=30))

    assert idle.total() == 0, "a stopped webhook is left alone"
    assert len({headers["webhook-id"] for headers, _ in heard.messages}) == 1, "the id never changes"
    assert "Stopped on" in lead.get("/support/tokens").text
    assert "webhook-500" in lead.get("/support/tokens").text
    assert "was stopped" in lead.get("/support").text
    assert "was stopped" not in worker.get("/support").text
    heard.status = 204
    assert post(lead, f"/support/webhooks/{hook['id']}/resume", "/support/tokens").status_code == 303
    assert call_webhooks(portal.registry, POSTER) == {"delivered": 2}, "nothing was lost"
    assert "was stopped" not in lead.get("/support").text


def test_a_redirect_or_410_ends_it_at_once_and_is_not_followed(
    portal: Portal, api: httpx.Client, heard: Listener
) -> None:
    hook = made_hook(api, heard)
    happened(portal)
    heard.status, heard.location = 302, f"{heard.url}elsewhere"

    assert call_webhooks(portal.registry, POSTER) == {"given_up": 1}
    assert len(heard.messages) == 1
    assert api.get("/api/v1/webhooks").json()[0]["stopped_because"] == "webhook-302"
    heard.status = 200
    ping = api.post(f"/api/v1/webhooks/{hook['id']}/ping").json()["delivery"]
    assert call_webhooks(portal.registry, POSTER) == {"delivered": 1}, "a test event goes out all the same"
    assert json.loads(heard.messages[-1][1]) | {"timestamp": ""} == {"type": "ping", "timestamp": "", "data": {}}
    assert heard.messages[-1][0]["webhook-id"] == ping
    assert api.post(f"/api/v1/webhooks/{hook['id']}/resume").json() == {"waiting": 1}


def test_for_a_day_after_a_rotation_both_secrets_sign(portal: Portal, api: httpx.Client, heard: Listener) -> None:
    hook = made_hook(api, heard)
    new = api.post(f"/api/v1/webhooks/{hook['id']}/secret").json()["secret"]
    api.post(f"/api/v1/webhooks/{hook['id']}/ping")
    call_webhooks(portal.registry, POSTER)

    assert new != hook["secret"]
    assert is_signed(heard.messages[0], new)
    assert is_signed(heard.messages[0], hook["secret"])
    with portal.registry.reading() as tx:
        tx.now = lambda: datetime.now(UTC) + webhooks.FORMER_SECRET  # type: ignore[method-assign]
        assert webhooks.secrets_of(tx, UUID(hook["id"])) == [new]


@pytest.mark.parametrize(
    "url",
    ["http://hooks.example/", "https://10.0.0.1/", "https://[::1]/", "https://127.0.0.1/", "ftp://x.example", "x"],
)
def test_an_address_that_leads_inside_or_is_not_https_is_refused(portal: Portal, url: str) -> None:
    with machine(portal) as api:
        answer = api.post("/api/v1/webhooks", json={"url": url, "events": ["notice.due"]})
    assert (answer.status_code, answer.json()["title"]) == (422, "Not usable")


def test_a_name_that_resolves_to_loopback_is_refused_when_it_is_dialled(
    portal: Portal, api: httpx.Client, heard: Listener
) -> None:
    body = {"url": heard.url.replace("127.0.0.1", "localhost"), "events": ["exposure.created"]}
    assert api.post("/api/v1/webhooks", json=body).status_code == 201
    happened(portal)

    assert call_webhooks(portal.registry, Poster(allow_loopback=False)) == {"given_up": 1}
    assert heard.messages == []
    assert api.get("/api/v1/webhooks").json()[0]["stopped_because"] == "webhook-loopback"


def test_secrets_are_in_no_later_answer_and_another_centre_has_no_such_webhook(
    portal: Portal, api: httpx.Client, heard: Listener
) -> None:
    hook = made_hook(api, heard)

    assert hook["secret"] not in api.get("/api/v1/webhooks").text
    with machine(portal, centre="Other Centre") as other, machine(portal, "clients:read") as small:
        assert other.get("/api/v1/webhooks").json() == []
        for method, path in (("DELETE", ""), ("POST", "/ping"), ("POST", "/secret"), ("GET", "/deliveries")):
            assert other.request(method, f"/api/v1/webhooks/{hook['id']}{path}").status_code == 404
        assert small.get("/api/v1/webhooks").status_code == 403
    assert api.delete(f"/api/v1/webhooks/{hook['id']}").status_code == 204
    assert api.get("/api/v1/webhooks").json() == []


def test_erasing_the_person_takes_their_events_along_and_the_log_is_forgotten_in_time(
    portal: Portal, api: httpx.Client, heard: Listener
) -> None:
    from registry.erase import erase_person

    hook = UUID(made_hook(api, heard)["id"])
    person, _ = happened(portal)
    happened(portal, "Other", seed=2)
    erase_person(portal.registry, person.id)
    call_webhooks(portal.registry, POSTER)
    with portal.registry.transaction("forget") as tx:
        assert len(calls.calls(tx, hook)) == 1
        tx.now = lambda: datetime.now(UTC) + webhooks.KEPT  # type: ignore[method-assign]
        calls.forget_old(tx)
        assert calls.calls(tx, hook) == []


def test_what_a_key_repeats_is_one_unit_of_work_with_what_was_done(
    portal: Portal, api: httpx.Client, heard: Listener, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The power goes after the deed and before the answer is kept: neither is there, so the repeat does it once."""
    from registry import tokens

    key = {"Idempotency-Key": f"k-{uuid4()}"}
    body = {"url": heard.url, "events": ["notice.due"]}
    with monkeypatch.context() as patched:
        patched.setattr(tokens, "remember", lambda *_: 1 / 0)
        assert api.post("/api/v1/webhooks", json=body, headers=key).status_code == 500
    assert api.get("/api/v1/webhooks").json() == []
    first, second = (api.post("/api/v1/webhooks", json=body, headers=key).json() for _ in range(2))
    assert first == second
    assert len(api.get("/api/v1/webhooks").json()) == 1


def test_a_token_says_when_it_was_last_used(portal: Portal, api: httpx.Client) -> None:
    lead = portal.client(at_work(portal, "Lead Harbour", "lead"))
    assert "never used" in lead.get("/support/tokens").text
    api.get("/api/v1/clients")
    assert "last used" in lead.get("/support/tokens").text
