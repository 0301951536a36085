"""Passkeys in a real Chromium, the recovery code, and what is closed to whoever comes without a key."""

import json
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from playwright.sync_api import Browser, expect

from portal.house import BadSetting, keep_house
from portal.web import ceremony
from portal.web.app import Settings
from portal.web.ceremony import BadAnswer, Place, place
from portal.web.challenges import LIFE_S, MOST, Challenges
from registry import audit, first_operator, passkeys, people, recovery, signin
from tests.portal.desks import at_work
from tests.portal.keyring import keyring, make_passkey, sign_in_by_link
from tests.portal.served import Portal, post, serving, token

JSON = {"Content-Type": "application/json"}


def ask(client: httpx.Client, path: str, body: object, form: str = "/sign-in") -> httpx.Response:
    """Send JSON as our script does, under the name that browsers allow passkeys for."""
    headers = {
        **JSON,
        "X-Form-Token": token(client, form),
        "Host": client.base_url.netloc.decode().replace("127.0.0.1", "localhost"),
    }
    return client.post(path, content=json.dumps(body), headers=headers)


@pytest.mark.browser
def test_a_person_makes_passkeys_signs_in_by_one_and_removes_it(browser: Browser, portal: Portal) -> None:
    person = portal.person(phrase=None)
    with keyring(browser, portal) as ring:
        page = ring.page
        sign_in_by_link(page, portal, portal.link(person))
        page.wait_for_url("**/me")  # nobody is pressed to have one
        make_passkey(page, "my phone")
        [held] = ring.credentials()
        assert (held["isResidentCredential"], held["rpId"]) == (True, "localhost")
        assert not {word for word in ("Kim", "example.org") if word in json.dumps(held)}

        page.get_by_role("button", name="Make a passkey").click()
        expect(page.locator("#key-trouble")).to_contain_text("has a passkey for you already")
        page.get_by_role("button", name="Sign out").click()

        page.goto("/sign-in")
        page.get_by_role("button", name="Sign in with a passkey").click()
        page.wait_for_url("**/me")
        page.goto("/keys")
        expect(page.locator(".keys")).to_contain_text("last used")

        page.locator(".keys summary").click()
        page.get_by_label("Name", exact=True).fill("old phone")
        page.get_by_role("button", name="Save the name").click()
        expect(page.locator(".keys .what")).to_have_text("old phone")
        page.locator(".keys summary").click()
        page.get_by_role("link", name="Remove").click()
        page.get_by_role("button", name="Remove").click()
        expect(page.locator(".keys")).to_have_count(0)
        page.get_by_role("button", name="Sign out").click()

        page.goto("/sign-in")
        page.get_by_role("button", name="Sign in with a passkey").click()
        expect(page.locator("#key-trouble")).to_contain_text("does not open anything here")
        assert page.request.get("/me", max_redirects=0).status == 303


@pytest.mark.browser
def test_a_copied_key_and_an_unrecognised_holder_stay_outside(browser: Browser, portal: Portal) -> None:
    with keyring(browser, portal) as ring:
        page = ring.page
        sign_in_by_link(page, portal, portal.link(portal.person()))
        make_passkey(page, "stick")
        page.get_by_role("button", name="Sign out").click()
        for _ in range(2):
            page.goto("/sign-in")
            page.get_by_role("button", name="Sign in with a passkey").click()
            page.wait_for_url("**/me")
            page.get_by_role("button", name="Sign out").click()

        ring.turn_back_counter(1)
        page.goto("/sign-in")
        page.get_by_role("button", name="Sign in with a passkey").click()
        expect(page.locator("#key-trouble")).to_contain_text("does not open anything here")
        with portal.registry.reading() as tx:
            assert "passkey-copied" in {entry.action for entry in audit.entries(tx)}

        ring.turn_back_counter(1000)
        ring.recognises_its_holder(False)
        page.get_by_role("button", name="Sign in with a passkey").click()
        expect(page.locator("#key-trouble")).to_contain_text("Nothing was done")


@pytest.mark.browser
def test_the_first_operator_sets_up_makes_a_key_and_comes_back_by_it(browser: Browser, tmp_path: Path) -> None:
    with serving(tmp_path, Settings(passkeys="demanded")) as portal, keyring(browser, portal) as ring:
        page = ring.page
        with portal.registry.transaction() as tx:
            link = f"/set-up/{first_operator.new_token(tx)}"
        page.goto(link)
        page.get_by_role("button", name="Begin").click()
        expect(page.locator("#name-wrong")).to_contain_text("A name is needed")
        page.get_by_label("Name").fill("Ops")
        page.get_by_role("button", name="Begin").click()
        page.wait_for_url("**/keys")
        make_passkey(page, "laptop")
        page.goto("/operator")
        page.wait_for_url("**/operator")
        page.get_by_role("button", name="Sign out").click()
        assert page.goto(link).status == 403

        with portal.registry.reading() as tx:
            ops = people.find(tx, "Ops")
        sign_in_by_link(page, portal, portal.link(ops))
        page.goto("/operator")
        expect(page.get_by_role("heading", name="A passkey is needed here")).to_be_visible()
        page.get_by_role("button", name="Sign in with a passkey").click()
        page.wait_for_url("**/operator")


@pytest.mark.parametrize("role", ["caseworker", "operator", "staff", "lead"])
def test_where_a_passkey_is_demanded_a_link_opens_no_work(tmp_path: Path, role: str) -> None:
    with serving(tmp_path, Settings(passkeys="demanded")) as portal:
        if role in ("staff", "lead"):
            worker = at_work(portal, "Some Body", "lead" if role == "lead" else "caseworker")
        else:
            worker = portal.person("Some Body", roles=("person", role))
        weak, strong = portal.client(worker), portal.client()
        with portal.registry.transaction() as tx:
            strong.cookies.set("session", signin.begin(tx, worker, "passkey"))

        for path in ("/operator", "/operator/coverage", "/support", "/support/clients", "/support/report"):
            opens = strong.get(path).status_code
            answer = weak.get(path)
            if opens == 200 and (path != "/support" or role in ("staff", "lead")):
                assert (answer.status_code, answer.headers["location"]) == (303, "/keys"), path
        assert weak.get("/keys").status_code == 200
        assert weak.get("/me").status_code == (200 if "person" in worker.roles else 403)


def test_whoever_has_a_key_cannot_get_around_it_by_a_link(tmp_path: Path) -> None:
    """A stolen mailbox makes no second key and no recovery code, and removes none, where keys are demanded."""
    with serving(tmp_path, Settings(passkeys="demanded")) as portal:
        worker = portal.person("Ops", roles=("operator",))
        with portal.registry.transaction() as tx:
            key = passkeys.add(tx, worker, "stick", b"1", b"public", 0)
        client = portal.client(worker)

        for path in ("/keys/code", f"/keys/{key.id}/remove"):
            assert post(client, path, "/keys").headers["location"] == "/keys"
        assert ask(client, "/keys/start", {}, "/keys").status_code == 403
        with portal.registry.reading() as tx:
            assert passkeys.has_any(tx, worker)
            assert recovery.made_at(tx, worker) is None


def test_a_recovery_code_is_shown_once_signs_in_once_and_is_followed_by_the_next(portal: Portal) -> None:
    person = portal.person()
    mine = portal.client(person)
    code = shown(post(mine, "/keys/code", "/keys"))
    assert code not in mine.get("/keys").text

    client = portal.client()
    wrong = post(client, "/recover", "/recover", code=f"{code[:-1]}*")
    assert wrong.status_code == 422
    assert f'value="{code[:-1]}*"' in wrong.text
    answer = post(client, "/recover", "/recover", code=code.lower())
    next_code = shown(answer)

    assert client.get("/me").status_code == 200
    assert mine.get("/me").status_code == 303  # everything that was open before has ended
    assert (
        client.post("/language", data={"token": answer.text.split('name="token" value="')[1].split('"')[0]}).status_code
        == 303
    )
    assert next_code != code
    assert post(portal.client(), "/recover", "/recover", code=code).status_code == 422
    assert post(portal.client(), "/recover", "/recover", code=next_code).status_code == 200


def shown(answer: httpx.Response) -> str:
    return answer.text.split('<p class="secret code">')[1].split("<")[0]


def test_one_caller_cannot_try_codes_or_keys_forever(portal: Portal) -> None:
    client = portal.client()
    codes = [post(client, "/recover", "/recover", code=f"{number:024}").status_code for number in range(12)]
    keys = [ask(client, "/sign-in/key", {"credential": {}}).status_code for _ in range(32)]

    assert codes == [422] * 10 + [429] * 2
    assert keys == [422] * 30 + [429] * 2


def test_the_start_of_signing_in_by_key_is_the_same_for_everybody(portal: Portal) -> None:
    """It names no key and asks for no address: only the challenge differs."""
    with portal.registry.transaction() as tx:
        person = people.add_person(tx, "Kim", email="kim@example.org")
        passkeys.add(tx, person, "phone", b"1", b"public", 0)
    answers = [ask(portal.client(), "/sign-in/key/start", body) for body in ({}, {"address": "kim@example.org"})]
    said = [answer.json() for answer in answers]

    assert said[0].pop("challenge") != said[1].pop("challenge")
    assert said[0] == said[1]
    assert (said[0]["allowCredentials"], said[0]["userVerification"]) == ([], "required")


def test_where_browsers_allow_no_passkey_none_is_offered(portal: Portal) -> None:
    client = portal.client(portal.person())

    assert "enter-by-key" not in portal.client().get("/sign-in").text
    assert "the link by mail works" in client.get("/keys").text
    assert client.post("/keys/start", headers={**JSON, "X-Form-Token": token(client, "/keys")}).status_code == 404


@pytest.mark.parametrize(
    ("host", "url", "found"),
    [
        ("w.example", "https://w.example", Place("w.example", "https://w.example")),
        ("W.example:8443", "https://w.example:8443", Place("w.example", "https://w.example:8443")),
        ("localhost:8620", "https://w.example", Place("localhost", "http://localhost:8620")),
        ("localhost:8620", "http://127.0.0.1:8620", Place("localhost", "http://localhost:8620")),
        ("127.0.0.1:8620", "http://127.0.0.1:8620", None),
        ("[::1]:8620", "https://w.example", None),
        ("w.example", "http://w.example", None),
    ],
)
def test_a_passkey_belongs_to_the_name_it_was_made_under(host: str, url: str, found: Place | None) -> None:
    assert place(host, Settings(portal_url=url)) == found


def test_a_challenge_is_answered_once_by_whom_it_was_given_to() -> None:
    now = [0.0]
    challenges = Challenges(clock=lambda: now[0])
    for what, who, late, holds in (
        ("enter", "me", 0, True),
        ("make", "me", 0, False),
        ("enter", "you", 0, False),
        ("enter", "me", LIFE_S, False),
    ):
        challenge = challenges.new("enter", "me")
        now[0] += late
        assert challenges.take(challenge, what, who) is holds
        assert not challenges.take(challenge, "enter", "me")
    first = challenges.new("enter", "me")
    for _ in range(MOST):
        challenges.new("enter", "me")
    assert not challenges.take(first, "enter", "me")


ODD = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.text(max_size=40)
    | st.binary(max_size=60).map(lambda raw: raw.hex()),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3),
    max_leaves=8,
)
PARTS = st.fixed_dictionaries(
    {
        "id": ODD,
        "rawId": ODD,
        "type": st.sampled_from(["public-key", "other"]) | ODD,
        "response": st.fixed_dictionaries(
            {
                "clientDataJSON": st.sampled_from(
                    ["e30", "eyJ0eXBlIjoid2ViYXV0aG4uZ2V0IiwiY2hhbGxlbmdlIjoiQUEiLCJvcmlnaW4iOiJ4In0"]
                )
                | ODD,
                "authenticatorData": ODD,
                "attestationObject": ODD,
                "signature": ODD,
                "userHandle": ODD,
            }
        ),
    }
)
AT = Place("localhost", "http://localhost")


@given(untrusted=PARTS | st.dictionaries(st.text(max_size=10), ODD, max_size=4))
@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
def test_an_answer_made_to_break_the_parser_is_a_bad_answer(untrusted: dict[str, Any]) -> None:
    for judge in (
        lambda: ceremony.challenge_in(untrusted, registering=True),
        lambda: ceremony.challenge_in(untrusted, registering=False),
        lambda: ceremony.named_in(untrusted),
        lambda: ceremony.registered(untrusted, b"\0", AT),
        lambda: ceremony.signed(untrusted, b"\0", AT, ceremony.nobodys_key()),
    ):
        with suppress(BadAnswer):
            judge()


@pytest.mark.parametrize(
    ("environ", "said"),
    [
        ({"WATCHLIGHT_PASSKEYS": "perhaps"}, "asked, demanded"),
        ({"WATCHLIGHT_PASSKEYS": "demanded", "WATCHLIGHT_PORTAL_URL": "http://w.example"}, "no passkeys there"),
        ({"WATCHLIGHT_PASSKEYS": "demanded", "WATCHLIGHT_PORTAL_URL": "https://192.0.2.1"}, "no passkeys there"),
    ],
)
def test_what_would_lock_everybody_out_is_refused_at_the_start(environ: dict[str, str], said: str) -> None:
    with pytest.raises(BadSetting, match=said):
        keep_house(environ=environ)
