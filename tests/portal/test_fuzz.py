"""Odd requests: /api/v1 as schemathesis reads its description, and every form with what no page of ours sends."""

from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import checks

from portal.web.access import GuardedRoute
from portal.web.api.description import described
from registry import centres, tokens
from tests.portal.desks import CENTRE, at_work
from tests.portal.everywhere import GUARDED, Full, full
from tests.portal.pictures import picture
from tests.portal.served import Portal

FEW = settings(
    max_examples=4,
    deadline=None,
    database=None,
    derandomize=True,
    phases=(Phase.explicit, Phase.generate),
    suppress_health_check=list(HealthCheck),
)
LONG = "x" * 60_000


@pytest.fixture
def house(portal: Portal) -> Full:
    return full(portal)


def test_the_api_does_what_its_description_says(portal: Portal) -> None:
    """No 5xx; statuses, content types and bodies are those described; what is described as wrong is refused."""
    at_work(portal, "Lead Yun", "lead")
    with portal.registry.transaction("test") as tx:
        at = centres.find_centre(tx, CENTRE)
        _, secret = tokens.make(tx, at.id, "fuzz", tokens.SCOPES, timedelta(days=1))
    schema = schemathesis.openapi.from_dict(described())
    for each in schema.get_all_operations():
        operation = each.ok()

        @FEW
        @given(case=operation.as_strategy())
        def ask(case: Any) -> None:
            # What only the registry knows (a cursor of its own, whose client it is) no schema can say: refusals stand.
            case.call_and_validate(
                base_url=portal.url,
                headers={"Authorization": f"Bearer {secret}"},
                excluded_checks=[checks.positive_data_acceptance],
            )

        ask()


FIELDS = sorted(
    {
        *(
            "name",
            "address",
            "code",
            "link",
            "language",
            "back",
            "sure",
            "phrase",
            "timezone",
            "quiet_from",
            "quiet_to",
        ),
        *(
            "digest",
            "digest_at",
            "detail",
            "all_clear",
            "told_first",
            "supporter_email",
            "supporter_phrase",
            "days",
            "centre",
        ),
        *(
            "scope-watch",
            "first",
            "messenger_address",
            "messenger_off",
            "words",
            "given_by",
            "birth_year",
            "kind",
            "to",
            "do",
        ),
        *("sort", "show", "at", "type", "outcome", "photo", "requester_name", "colour"),
    }
)
VALUES = st.text(max_size=30) | st.sampled_from(
    [
        "",
        "0",
        "-1",
        "9" * 40,
        "\0",
        "\ud7ff",
        "é" * 500,
        "2026-13-40",
        "25:99",
        "a@b",
        "on",
        "yes",
        "mine",
        "draft",
        LONG[:9000],
    ]
)
FORMS = st.dictionaries(st.sampled_from(FIELDS) | st.text(min_size=1, max_size=10), VALUES, max_size=8)
RAW = st.sampled_from(
    [
        b"",
        b"%",
        b"=&=&&;",
        b"token=",
        b"a" * 60_000,
        b"\xff\xfe\x00=%ff%fe",
        b"a=1&" * 2000,
        b"{}",
        b"[",
        b"null",
        b"1e999",
    ]
)


@pytest.mark.parametrize("role", ["nobody", "person", "lead", "operator"])
def test_no_form_breaks_however_odd_what_is_sent(house: Full, role: str) -> None:
    """Every form, with fields of other forms, with wrong, huge and empty values, and with bytes that are no form."""
    posts = [route for route in GUARDED if "POST" in (route.methods or ()) and house.opens(role, route)]
    with house.portal.client(house.people.get(role)) as client:
        client.get("/")
        secret = client.get("/keys" if role != "nobody" else "/").text.split('name="token" value="')[1].split('"')[0]

        @FEW
        @given(typed=FORMS, raw=RAW, place=st.sampled_from(["own", "odd"]))
        def send(route: GuardedRoute, typed: dict[str, str], raw: bytes, place: str) -> None:
            ids = house.ids.get(role, {}) if place == "own" else {}
            path = route.path.format_map(_Places(ids))
            form = urlencode({**typed, "token": secret}, errors="surrogatepass")
            for kind, body in (
                ("application/x-www-form-urlencoded", form.encode()),
                ("application/x-www-form-urlencoded", raw),
                ("application/json", raw),
            ):
                answer = client.post(path, content=body, headers={"Content-Type": kind, "X-Form-Token": secret})
                assert answer.status_code < 500, (path, kind, typed, raw[:80])

        for route in posts:
            if route.path not in ENDS:
                send(route)  # type: ignore[call-arg]


# Forms after which nothing is left to send: the session or the account has ended.
ENDS = {"/sign-out", "/me/erase", "/recover", "/set-up", "/enter"}


class _Places(dict[str, str]):
    def __missing__(self, _key: str) -> str:
        return "odd\u2028place"


def test_no_door_takes_a_body_that_could_be_a_picture(portal: Portal) -> None:
    """Every route that takes something refuses what pictures are sent as, and reads at most 64 KiB of anything."""
    image = picture(1, 64, 64)
    kinds = ("multipart/form-data; boundary=x", "image/jpeg", "")
    with portal.client() as client:
        for path in [route.path.format_map(_Places()) for route in GUARDED if "POST" in (route.methods or ())]:
            for kind in kinds:
                assert client.post(path, content=image, headers={"Content-Type": kind}).status_code == 415, path
            for kind in ("application/x-www-form-urlencoded", "application/json"):
                answer = client.post(path, content=image * 60, headers={"Content-Type": kind})
                assert answer.status_code == 413, path
    assert len(image) * 60 > 64 * 1024
