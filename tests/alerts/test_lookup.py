"""Whom to write to: real RDAP and security.txt servers on loopback, also ones that lie, stall or say nothing."""

import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_network
from typing import Any

import pytest

from alerts.contacts import registrable, whom_to_write_to
from alerts.lookup import remembered
from alerts.lookup.bootstrap import Bootstrap, bootstrap
from alerts.lookup.fetching import LARGEST, Fetcher, NoAnswer
from alerts.lookup.looking import LookedUp, LookUp, from_json
from alerts.lookup.security_txt import contacts
from alerts.notices.facts import facts
from egress.dial import Refused
from tests.alerts.conftest import NOW
from tests.alerts.hostile import STRINGS

KNOWN = facts(NOW.date())
PAGE = "https://img.board.example/secret/post/12345?who=kim"


def vcard(**properties: str) -> list[Any]:
    return [
        "vcard",
        [["version", {}, "text", "4.0"], *([name, {}, "text", value] for name, value in properties.items())],
    ]


def entity(*roles: str, inside: tuple[Any, ...] = (), number: str = "", **card: str) -> dict[str, Any]:
    ids = {"publicIds": [{"type": "IANA Registrar ID", "identifier": number}]} if number else {}
    return {
        "objectClassName": "entity",
        "roles": list(roles),
        "vcardArray": vcard(**card),
        "entities": list(inside),
        **ids,
    }


DOMAIN = {
    "objectClassName": "domain",
    "ldhName": "board.example",
    "entities": [
        entity("registrant", fn="REDACTED", email="owner@home.example"),
        entity(
            "registrar", inside=(entity("abuse", email="abuse@registrar.example"),), number="9999", fn="A Registrar"
        ),
    ],
}
NETWORK = {
    "objectClassName": "ip network",
    "name": "HOSTER-NET",
    "entities": [
        entity("registrant", inside=(entity("abuse", fn="Abuse", email="abuse@hoster.example"),), fn="A Hoster")
    ],
}


@dataclass
class Answers:
    """A server that answers as told and remembers what it was asked."""

    at: str = ""
    said: dict[str, Any] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)


@pytest.fixture
def server() -> Iterator[Answers]:
    answers = Answers()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            answers.asked.append(self.path)
            said = answers.said.get(self.path, 404)
            status, body = (said, b"") if isinstance(said, int) else (200, said)
            if isinstance(said, str):
                self.send_response(302)
                self.send_header("Location", said)
                self.end_headers()
                return
            raw = body if isinstance(body, bytes) else json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(raw)))
            self.end_headers()
            self.wfile.write(raw)

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    listening = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=listening.serve_forever, daemon=True).start()
    answers.at = f"http://127.0.0.1:{listening.server_port}"
    answers.said = {"/domain/board.example": DOMAIN, "/ip/198.51.100.7": NETWORK}
    yield answers
    listening.shutdown()
    listening.server_close()


def looking(server: Answers, resolve: Any = lambda _: ["198.51.100.7"], **more: Any) -> LookUp:
    known = Bootstrap({"example": server.at}, ((ip_network("198.51.100.0/24"), server.at),), {})
    return LookUp(Fetcher(allow_loopback=True, whole_s=2), known, resolve, **more)


def looked(server: Answers) -> LookedUp:
    return looking(server).about("img.board.example", NOW)


def test_host_and_registrar_are_found_and_only_domain_and_number_are_asked_about(server):
    found = looked(server)

    assert [(role, door.value) for role, door in found.doors] == [
        ("host", "abuse@hoster.example"),
        ("registrar", "abuse@registrar.example"),
        ("site", "abuse@board.example"),
    ]
    assert (found.network, found.registrar, found.registrar_id) == ("A Hoster", "A Registrar", "9999")
    assert server.asked == ["/ip/198.51.100.7", "/domain/board.example"]
    assert "owner@home.example" not in str(found)


def test_the_desk_of_a_host_letter_is_the_host_and_of_a_registrar_letter_the_registrar(server):
    found = looked(server)
    host = whom_to_write_to(PAGE, "cdn_host_abuse", KNOWN, found)
    registrar = whom_to_write_to(PAGE, "registrar_abuse", KNOWN, found)
    site = whom_to_write_to(PAGE, "site_operator_policy_notice", KNOWN, found)

    assert (host.name, host.doors[0].value, host.doors[0].source) == (
        "A Hoster",
        "abuse@hoster.example",
        "rdap-network",
    )
    assert host.doors[0].as_of == "2026-11-23"
    assert (host.site_ip, host.resolved_at) == ("198.51.100.7", NOW)
    assert registrar.doors[0].value == "abuse@registrar.example"
    assert site.doors[0].value == "abuse@board.example"
    assert "security.txt (not-asked)" in site.not_looked_up


def test_a_company_of_the_directory_is_known_by_the_name_of_its_network_or_its_number(server):
    server.said["/ip/198.51.100.7"] = {**NETWORK, "name": "CLOUDFLARENET"}
    server.said["/domain/board.example"] = json.loads(json.dumps(DOMAIN).replace("9999", "146"))
    found = looked(server)

    assert whom_to_write_to(PAGE, "cdn_host_abuse", KNOWN, found).doors[0].value == "https://abuse.cloudflare.com"
    assert whom_to_write_to(PAGE, "registrar_abuse", KNOWN, found).doors[0].value == "abuse@godaddy.com"


def test_the_directory_of_platforms_comes_first(server):
    found = looking(server).about("t.me", NOW)
    assert whom_to_write_to("https://t.me/x/1", "us_tida", KNOWN, found).name == "Telegram"


def refused(_: str) -> list[str]:
    raise Refused("unresolved")


def test_without_a_network_it_says_what_it_could_not_look_up(server):
    quiet = Bootstrap({}, (), {})
    found = LookUp(Fetcher(), quiet, refused).about("board.example", NOW)
    assert found.missed == (
        ("rdap-network", "unresolved"),
        ("rdap-domain", "no-server-known"),
        ("security.txt", "not-asked"),
    )
    desk = whom_to_write_to("https://board.example/1", "cdn_host_abuse", KNOWN, found)
    assert desk.doors == ()
    assert "rdap-network (unresolved)" in desk.not_looked_up


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (404, "not-found"),
        (503, "status-503"),
        (b"<html>", "not-rdap"),
        (b"[" * 100_000, "not-rdap"),
        (b"[]", "not-rdap"),
        ({"entities": "x"}, "no-registrar-in-answer"),
        ({"entities": [{"roles": ["registrar"], "vcardArray": 7}]}, "no-abuse-contact"),
        (
            {"entities": [entity("registrar", inside=(entity("abuse", email="x\r\nBcc: e@evil.test"),))]},
            "no-abuse-contact",
        ),
        (b"x" * (LARGEST + 1), "too-large"),
        ("http://10.0.0.1/", "private"),
        ("http://[::ffff:10.0.0.1]/", "private"),
        ("file:///etc/passwd", "bad-redirect"),
    ],
)
def test_an_answer_that_cannot_be_used_is_named_and_nothing_breaks(server, answer, why):
    server.said["/domain/board.example"] = answer
    assert ("rdap-domain", why) in looked(server).missed


def test_a_loop_of_redirects_ends(server):
    server.said["/domain/board.example"] = f"{server.at}/domain/board.example"
    assert ("rdap-domain", "status-302") in looked(server).missed


def test_hostile_names_in_an_answer_stay_one_plain_line(server):
    for untrusted in STRINGS[::97]:
        clean = untrusted.encode("utf-8", "ignore").decode()
        server.said["/domain/board.example"] = {"entities": [entity("registrar", fn=clean, number=clean[:40])]}
        found = looked(server)
        for text in (found.registrar, found.registrar_id):
            assert text.isprintable(), untrusted
            assert len(text) <= 120


def test_security_txt_is_asked_for_only_when_wanted_and_only_by_its_fixed_path(server):
    port = int(server.at.rpartition(":")[2])
    server.said["/.well-known/security.txt"] = (
        b"Contact: mailto:security@board.example\nContact: https://board.example/report\n"
        b"Contact: mailto:a@b.example%0d%0ax\nContact: http://plain.example/\nExpires: 2027-01-01T00:00:00z\n"
    )
    found = looking(server, ask_the_host=True, scheme="http").about(f"127.0.0.1:{port}", NOW)
    assert [door.value for role, door in found.doors if door.source == "security.txt"] == [
        "security@board.example",
        "https://board.example/report",
    ]
    assert server.asked[-1] == "/.well-known/security.txt"


def test_a_security_txt_that_has_expired_or_says_no_day_is_not_used():
    assert contacts(b"Contact: mailto:a@b.example\nExpires: 2026-01-01T00:00:00Z", NOW) == []
    assert contacts(b"Contact: mailto:a@b.example", NOW) == []
    assert contacts(b"Contact: mailto:a@b.example\nExpires: soon", NOW) == []
    assert contacts(b"\xff\xfeContact: mailto:a@b.example\nExpires: 2027-01-01T00:00:00Z", NOW) == []


def test_plain_http_and_private_numbers_are_never_asked(server):
    with pytest.raises(NoAnswer, match="loopback"):
        Fetcher().get(f"{server.at}/x", "*/*")
    assert server.asked == []


def test_a_look_up_is_kept_sealed_shown_with_its_age_and_hidden_when_too_old(registry, server):
    found = looked(server)
    with registry.transaction() as tx:
        remembered.remember(tx, found)
        remembered.remember(tx, found)
    with registry.reading() as tx:
        assert remembered.about(tx, "img.board.example", NOW) == found
        assert remembered.about(tx, "board.example", NOW) is None
        assert remembered.about(tx, "img.board.example", NOW + timedelta(days=181)) is None
        rows = tx.session.connection().exec_driver_sql("SELECT host_index, answer FROM contact_lookups").fetchall()
    assert len(rows) == 1
    assert b"hoster" not in rows[0][1]
    assert from_json(json.loads(json.dumps(found.as_json()))) == found


def test_the_registries_that_came_along_know_the_common_endings_and_blocks():
    known = bootstrap()
    assert known.for_domain("board.com") == "https://rdap.verisign.com/com/v1/"
    assert known.for_domain("board.kr") is None
    assert known.for_address("1.1.1.1") == "https://rdap.apnic.net/"
    assert known.for_address("2a00::1") is not None
    assert all(base.startswith("https://") for base in (*known.domains.values(), *(base for _, base in known.networks)))
    assert datetime.fromisoformat(known.published["dns"]) > datetime(2026, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("host", "domain"),
    [
        ("a.b.co.kr", "b.co.kr"),
        ("cdn.board.example", "board.example"),
        ("co.kr", None),
        ("198.51.100.7", None),
        ("2001:db8::1", None),
        ("localhost", None),
        ("x.github.io", "github.io"),
    ],
)
def test_the_registered_domain_is_told_by_the_public_suffix_list(host, domain):
    assert registrable(host) == domain
