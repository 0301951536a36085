"""The guard: no route without a role, headers on every answer, and nothing in that could hold a picture."""

import logging
from collections.abc import Iterator

import httpx
import pytest
from fastapi import FastAPI
from starlette.routing import Route

from portal.web.access import (
    GuardedRoute,
    NotYourDoor,
    Role,
    UndeclaredDoor,
    door,
    only_near_machines,
    refuse_undeclared,
)
from portal.web.app import ROOMS, Settings
from portal.web.rooms import room
from portal.web.security import CONTENT_SECURITY_POLICY
from registry import people, signin
from tests.portal.desks import at_work
from tests.portal.pictures import picture
from tests.portal.served import Portal, post, token

ROUTES = [route for each in ROOMS for route in each.routes]
GUARDED = [route for route in ROUTES if isinstance(route, GuardedRoute)]
NOBODY = "00000000-0000-4000-8000-000000000000"
BAD_LINK = {"/enter", "/set-up/{link}"}  # what the link opens is closed, not the room
PRIVATE = "kim@example.org at https://forum.example/thread/4711"


def at(route: GuardedRoute) -> str:
    """Return the path of a route with something in its places."""
    return route.path.replace("{path:path}", "style.css").replace("{link}", "x").format_map(_Anything())


class _Anything(dict[str, str]):
    def __missing__(self, _key: str) -> str:
        return NOBODY


def test_every_route_says_whom_it_is_for() -> None:
    assert ROUTES
    assert all(isinstance(route, GuardedRoute) and route.roles for route in ROUTES)


def test_a_route_without_a_role_cannot_be_made() -> None:
    rooms = room()
    with pytest.raises(UndeclaredDoor):
        rooms.get("/open")(lambda: "hello")


def test_a_route_around_the_guard_stops_the_app_from_being_built() -> None:
    app = FastAPI(openapi_url=None)
    app.router.routes.append(Route("/back-door", lambda request: None))
    with pytest.raises(UndeclaredDoor, match="back-door"):
        refuse_undeclared(app.router.routes)


@pytest.mark.parametrize("role", ["nobody", "person", "caseworker", "operator", "staff", "lead"])
def test_each_role_enters_its_rooms_and_no_others(portal: Portal, role: str) -> None:
    """The whole matrix: every route, for everybody, with a form that is in order."""
    known = somebody(portal, role)
    has = {role} | ({"staff", "caseworker"} if role in ("staff", "lead") else set())
    has |= {"known"} if known else set()
    for route in GUARDED:
        if route.roles & {Role.MACHINE, Role.TOKEN} or route.path == "/sign-out":
            continue
        with portal.client(known) as client:
            status = _knock(client, route).status_code
        if Role.ANYONE in route.roles or has & set(route.roles):
            assert status in {200, 303, 404, 422} | ({403} if route.path in BAD_LINK else set()), route.path
        else:
            assert status == (303 if known is None else 403), f"{role} at {route.path}"


def somebody(portal: Portal, role: str) -> people.Person | None:
    """Return somebody with this role; staff of a centre have a centre."""
    if role == "nobody":
        return None
    if role in ("staff", "lead"):
        return at_work(portal, "Somebody", "lead" if role == "lead" else "caseworker")
    return portal.person("Somebody", roles=(role,))


def _knock(client: httpx.Client, route: GuardedRoute) -> httpx.Response:
    if "GET" in (route.methods or ()):
        return client.get(at(route))
    return post(client, at(route), "/")


def test_every_answer_has_the_headers_whatever_its_outcome(portal: Portal) -> None:
    client = portal.client()
    answers = [
        client.get("/"),
        client.get("/me"),
        client.get("/nothing-here"),
        client.put("/"),
        client.get("/static/style.css"),
        client.get("/metrics"),
        client.post("/sign-in", data={"address": "a@b.example"}),
        client.post("/sign-in", content=b"x" * 70_000, headers={"Content-Type": "application/json"}),
        client.get("/", headers={"Host": "evil.example"}),
    ]

    assert [answer.status_code for answer in answers] == [200, 303, 404, 405, 200, 200, 403, 413, 421]
    for answer in answers:
        assert answer.headers["content-security-policy"] == CONTENT_SECURITY_POLICY
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["cross-origin-opener-policy"] == "same-origin"
        assert "server" not in answer.headers


def test_the_policy_allows_nothing_by_default_and_nothing_inline() -> None:
    policy = dict(part.split(" ", 1) for part in CONTENT_SECURITY_POLICY.split("; "))

    assert policy["default-src"] == "'none'"
    assert {policy[name] for name in ("frame-ancestors", "base-uri")} == {"'none'"}
    assert {policy[name] for name in ("script-src", "style-src", "img-src", "connect-src", "form-action")} == {"'self'"}
    assert "unsafe" not in CONTENT_SECURITY_POLICY
    assert "http" not in CONTENT_SECURITY_POLICY


@pytest.fixture
def broken(portal: Portal, monkeypatch: pytest.MonkeyPatch) -> Iterator[httpx.Client]:
    """A portal in which looking up a session breaks in a way nobody foresaw."""

    def breaks(*_: object) -> None:
        raise RuntimeError(PRIVATE)

    client = portal.client(portal.person())
    monkeypatch.setattr(signin, "session", breaks)
    yield client
    client.close()


def test_what_breaks_says_nothing_about_anybody(broken: httpx.Client, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.ERROR):
        answer = broken.get("/me")

    assert answer.status_code == 500
    assert "Something broke on our side" in answer.text
    assert answer.headers["content-security-policy"] == CONTENT_SECURITY_POLICY
    assert "kim@example.org" not in answer.text
    assert any(record.name == "portal.web.trouble" for record in caplog.records)
    assert "kim@example.org" not in caplog.text


def test_a_form_needs_the_token_of_its_own_visit(portal: Portal) -> None:
    person = portal.person()
    mine, other = portal.client(person), portal.client(portal.person("Somebody Else"))

    for wrong in ("", "0" * 64, token(other, "/me")):
        assert mine.post("/me/erase", data={"token": wrong, "sure": "yes"}).status_code == 403
    with portal.registry.reading() as tx:
        assert people.get(tx, person.id) == person


@pytest.mark.parametrize(
    "sent",
    [
        {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"},
        {"Sec-Fetch-Site": "same-site", "Sec-Fetch-Mode": "cors"},
        {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors"},
        {"Origin": "https://evil.example"},
    ],
)
def test_no_other_site_can_post_even_with_the_token(portal: Portal, sent: dict[str, str]) -> None:
    client = portal.client(portal.person())
    form = {"token": token(client, "/me"), "language": "ko", "back": "/me"}

    assert client.post("/language", data=form).status_code == 303
    assert client.post("/language", data=form, headers=sent).status_code == 403


def test_another_site_may_link_here_and_nothing_more(portal: Portal) -> None:
    client = portal.client()
    link = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}

    assert client.get("/sign-in", headers=link).status_code == 200
    assert client.get("/sign-in", headers={**link, "Sec-Fetch-Dest": "iframe"}).status_code == 403
    assert client.get("/static/style.css", headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403


@pytest.mark.parametrize("kind", ["multipart/form-data; boundary=x", "image/jpeg", "application/octet-stream", ""])
def test_bodies_of_the_kind_that_pictures_come_in_are_refused(portal: Portal, kind: str) -> None:
    client = portal.client(portal.person())

    answer = client.post("/me/photos", content=picture(1, 64, 64), headers={"Content-Type": kind})

    assert answer.status_code == 415
    assert "never needs a picture" in answer.text


def test_a_body_larger_than_any_form_is_cut_off_also_without_an_announced_length(portal: Portal) -> None:
    client = portal.client(portal.person())
    headers = {"Content-Type": "application/json", "X-Form-Token": token(client, "/me")}

    announced = client.post("/me/photos", content=b" " * 65_537, headers=headers)
    streamed = client.post("/me/photos", content=(b" " * 1000 for _ in range(70)), headers=headers)

    assert (announced.status_code, streamed.status_code) == (413, 413)


def test_metrics_are_for_machines_nearby_only(portal: Portal) -> None:
    text = portal.client().get("/metrics").text
    assert "watchlight_registry_people 0.0" in text
    assert "watchlight_portal_refusals_total" in text

    settings = Settings(portal_url="https://w.example")
    only_near_machines("127.0.0.1", "127.0.0.1:8620", settings)
    for address, host in (("203.0.113.9", "w.example"), ("127.0.0.1", "w.example"), ("unknown", "localhost")):
        with pytest.raises(NotYourDoor):
            only_near_machines(address, host, settings)
    only_near_machines("10.1.2.3", "w.example", Settings(allow_metrics_from=("10.0.0.0/8",)))


def test_no_page_names_another_host_but_the_way_out(portal: Portal) -> None:
    """No third-party request is possible when there is no address of a third party."""
    person = portal.person(roles=("person", "caseworker", "operator"))
    portal.exposed(portal.enrolled(person))
    at_work(portal, "Kim Haneul", "lead")
    client = portal.client(person)
    for route in GUARDED:
        if "GET" in (route.methods or ()) and not route.path.startswith(("/static", "/metrics", "/robots")):
            addresses = client.get(at(route)).text.replace('href="https://www.wikipedia.org/"', "")
            assert "://" not in addresses, route.path


def test_a_locked_registry_is_said_calmly(portal: Portal) -> None:
    from registry.errors import RegistryUnavailable

    client = portal.client(portal.person())
    real = portal.registry.reading

    def unavailable() -> None:
        raise RegistryUnavailable("the database is locked")

    portal.registry.reading = unavailable  # type: ignore[method-assign,assignment]
    try:
        answer = client.get("/me")
    finally:
        portal.registry.reading = real  # type: ignore[method-assign]
    assert answer.status_code == 503
    assert "Please try again in a moment" in answer.text


def test_declaring_a_door_keeps_the_function(portal: Portal) -> None:
    @door(Role.PERSON, Role.OPERATOR)
    def endpoint() -> None:
        """Do nothing."""

    assert endpoint.__doors__ == {"person", "operator"}  # type: ignore[attr-defined]
    assert endpoint.__name__ == "endpoint"


def test_only_files_that_are_there_are_served_as_what_they_are(portal: Portal) -> None:
    client = portal.client()

    small = client.get("/static/hashing/pdq.js", headers={"Accept-Encoding": "gzip"})
    plain = client.get("/static/hashing/pdq.js", headers={"Accept-Encoding": "identity"})
    assert small.headers["content-type"] == "text/javascript; charset=utf-8"
    assert (small.headers["content-encoding"], "content-encoding" in plain.headers) == ("gzip", False)
    assert small.text == plain.text
    for path in ("/static/../app.py", "/static/%2e%2e/app.py", "/static/hashing", "/static/", "/static//etc/passwd"):
        assert client.get(path).status_code == 404
