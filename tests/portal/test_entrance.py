"""Signing in: one-time links, the same answer for everybody, and the way out."""

from pathlib import Path

import httpx

from portal.web.app import Settings
from registry import signin
from tests.portal.served import Portal, post, serving, token


def test_the_first_screen_has_three_doors(portal: Portal) -> None:
    page = portal.client().get("/").text

    assert [page.count(f'href="{path}"') for path in ("/me", "/support", "/operator")] == [1, 1, 1]


def test_a_person_signs_in_with_the_link_they_were_mailed(portal: Portal) -> None:
    portal.person(email="kim@example.org", phrase="blue heron")
    client = portal.client()

    assert post(client, "/sign-in", "/sign-in", address="Kim@Example.org").headers["location"] == "/sign-in/sent"
    [(to, subject, text)] = portal.mailed(1)
    link = next(line for line in text.splitlines() if line.startswith(portal.url))
    answer = post(client, "/enter", link, link=link.rpartition("/")[2])

    assert (to, subject) == ("kim@example.org", "The link you asked for")
    assert text.startswith("blue heron\n")
    assert answer.headers["location"] == "/me"
    assert client.get("/me").status_code == 200


def test_opening_a_link_does_not_use_it_up(portal: Portal) -> None:
    link = portal.link(portal.person())
    scanner, client = portal.client(), portal.client()

    for _ in range(3):
        scanner.get(link)
    assert post(client, "/enter", link, link=link.rpartition("/")[2]).status_code == 303


def test_a_link_works_once_and_a_wrong_one_says_what_to_do(portal: Portal) -> None:
    link = portal.link(portal.person())
    secret = link.rpartition("/")[2]

    assert post(portal.client(), "/enter", link, link=secret).status_code == 303
    again = post(portal.client(), "/enter", link, link=secret)
    assert again.status_code == 403
    assert "Ask for a new one" in again.text
    assert "session" not in again.cookies


def test_nobody_learns_from_the_answer_who_has_an_account(portal: Portal) -> None:
    portal.person(email="kim@example.org")
    client = portal.client()
    secret = token(client, "/sign-in")

    known, unknown = (
        client.post("/sign-in", data={"token": secret, "address": address})
        for address in ("kim@example.org", "nobody@example.org")
    )

    assert (known.status_code, known.content) == (unknown.status_code, unknown.content)
    assert without_date(known) == without_date(unknown)


def test_what_is_no_mail_address_is_said_beside_the_field_and_kept(portal: Portal) -> None:
    answer = post(portal.client(), "/sign-in", "/sign-in", address="kim at example")

    assert answer.status_code == 422
    assert 'value="kim at example"' in answer.text
    assert "does not look like a mail address" in answer.text
    assert portal.mails == []


def test_one_address_gets_three_links_in_a_quarter_of_an_hour(portal: Portal) -> None:
    portal.person(email="kim@example.org")
    client = portal.client()

    answers = {post(client, "/sign-in", "/sign-in", address="kim@example.org").status_code for _ in range(6)}

    assert answers == {303}
    assert len(portal.mailed(3)) == 3


def test_one_caller_cannot_try_addresses_or_links_forever(portal: Portal) -> None:
    client = portal.client()
    tries = [post(client, "/sign-in", "/sign-in", address=f"a{n}@example.org").status_code for n in range(22)]
    links = [post(client, "/enter", "/", link=str(n)).status_code for n in range(32)]

    assert tries == [303] * 20 + [429] * 2
    assert links == [403] * 30 + [429] * 2


def test_signing_out_ends_the_session_on_the_server_too(portal: Portal) -> None:
    client = portal.client(portal.person())
    session = client.cookies["session"]

    answer = post(client, "/sign-out", "/me")

    assert answer.headers["clear-site-data"] == '"cache", "storage"'
    with portal.registry.reading() as tx:
        assert signin.session(tx, session) is None
    assert httpx.get(portal.url + "/me", cookies={"session": session}).headers["location"] == "/sign-in"


def test_signing_in_again_ends_the_session_before(portal: Portal) -> None:
    person = portal.person()
    client = portal.client(person)
    first = client.cookies["session"]
    link = portal.link(person)

    post(client, "/enter", link, link=link.rpartition("/")[2])

    with portal.registry.reading() as tx:
        assert signin.session(tx, first) is None


def test_each_role_starts_in_its_room(portal: Portal) -> None:
    for role, room in (("person", "/me"), ("caseworker", "/support"), ("operator", "/operator")):
        link = portal.link(portal.person(f"Some {role}", roles=(role,)))
        assert post(portal.client(), "/enter", link, link=link.rpartition("/")[2]).headers["location"] == room


def test_the_language_is_the_chosen_one_then_the_persons_then_the_browsers(portal: Portal) -> None:
    client = portal.client()
    assert 'lang="en"' in client.get("/").text
    assert 'html lang="ko"' in client.get("/", headers={"Accept-Language": "fr, ko-KR;q=0.8, en;q=0.1"}).text

    korean = portal.client(portal.person(language="ko"))
    assert 'html lang="ko"' in korean.get("/me").text
    assert post(korean, "/language", "/me", language="en", back="/me").headers["location"] == "/me"
    assert 'html lang="en"' in korean.get("/me").text


def test_choosing_a_language_leads_nowhere_else(portal: Portal) -> None:
    client = portal.client()
    for back in ("//evil.example", "https://evil.example", "/\\evil.example", "javascript:alert(1)"):
        assert post(client, "/language", "/", language="ko", back=back).headers["location"] == "/"


def test_over_https_the_cookies_are_tied_to_this_host(portal: Portal) -> None:
    from portal.web.cookies import Cookies

    assert Settings(portal_url="https://w.example").https
    assert Cookies(https=True).session == "__Host-session"
    link = portal.link(portal.person())
    cookie = post(portal.client(), "/enter", link, link=link.rpartition("/")[2]).headers["set-cookie"]
    assert {"HttpOnly", "Path=/", "SameSite=strict"} <= {part.strip() for part in cookie.split(";")}
    assert "Max-Age" not in cookie


def without_date(answer: httpx.Response) -> dict[str, str]:
    return {name: value for name, value in answer.headers.items() if name != "date"}


def test_nobody_is_looked_up_before_the_answer_is_out(portal: Portal) -> None:
    """While the registry lets nobody in, known and unknown addresses are answered all the same."""
    portal.person(email="kim@example.org")
    client = portal.client()
    secret = token(client, "/sign-in")
    with portal.registry.transaction("test"):  # there is one writer at a time: a look-up that writes would wait
        asked = [
            client.post("/sign-in", data={"token": secret, "address": address}, timeout=5)
            for address in ("kim@example.org", "nobody@example.org")
        ]
        assert [answer.headers["location"] for answer in asked] == ["/sign-in/sent"] * 2
        assert portal.mails == []
    assert len(portal.mailed(1)) == 1


def test_the_look_up_waits_a_while_that_nobody_can_foretell(tmp_path: Path) -> None:
    """What is asked right after the answer is not slowed by the work that a known address makes."""
    with serving(tmp_path, Settings(link_delay_s=2.0), mail_s=0.01) as portal:
        portal.person(email="kim@example.org")
        client = portal.client()
        post(client, "/sign-in", "/sign-in", address="kim@example.org")
        client.get("/sign-in")
        assert portal.mails == []
        assert len(portal.mailed(1)) == 1
