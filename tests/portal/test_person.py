"""The person's rooms: counts first, one find at a time, letters, photos, and erasing everything."""

import base64
import json
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import httpx
import numpy as np
import pytest

from matchers.frames import Frame
from matchers.regions.kept import ROW, VERSION, Regions
from portal.web.app import Settings
from registry import audit, cases, consents, enrolments, people
from registry.errors import UnknownPerson
from tests.portal.served import PAGE, PICTURE, Portal, made, post, token

HOST = "forum.example"


def send(client: httpx.Client, **changes: Any) -> httpx.Response:
    """Send a fingerprint as the page's script does."""
    numbers = {**made(1).to_json(), **changes.pop("numbers", {})}
    body = {"agreed": True, "label": "Summer", "fingerprint": numbers, **changes}
    headers = {"X-Form-Token": token(client, "/me/photos/add"), "Content-Type": "application/json"}
    return client.post("/me/photos", content=json.dumps(body), headers=headers)


def patches(count: int = 100, version: int = VERSION, width: int = 640, x: int = 9, y: int = 9) -> str:
    """Return region hashes as JSON has them, right for the picture that `send` sends unless told otherwise."""
    rows = np.zeros(count, ROW)
    rows["x"], rows["y"] = x, y
    return base64.b64encode(Regions(width, 480, rows, version).to_bytes()).decode()


def test_the_patches_of_this_test_are_taken_when_nothing_is_wrong_with_them(portal: Portal) -> None:
    """So that each case below is refused for what it changes."""
    assert send(portal.client(portal.person()), numbers={"regions": patches()}).json() == {"state": "sent"}


def test_a_photo_is_enrolled_by_its_numbers_with_consent(portal: Portal) -> None:
    person = portal.person()
    client = portal.client(person)

    assert send(client).json() == {"state": "sent"}

    with portal.registry.reading() as tx:
        [enrolment] = enrolments.enrolments(tx, person)
        [(_, kept)] = enrolments.active(tx)
        assert enrolment.label == "Summer"
        assert kept == made(1)
        assert consents.is_open(tx, enrolment.id)
    assert "Summer" in client.get("/me/photos").text


def test_the_same_photo_twice_is_said_kindly(portal: Portal) -> None:
    client = portal.client(portal.person())

    assert [send(client).json()["state"] for _ in range(2)] == ["sent", "known"]


@pytest.mark.parametrize(
    ("changes", "state"),
    [
        ({"agreed": False}, "refused"),
        ({"agreed": "true"}, "refused"),
        ({"picture": "data:image/png;base64,iVBORw0KGgo="}, "refused"),
        ({"numbers": {"thumbnail": "iVBORw0KGgo="}}, "refused"),
        ({"numbers": {"regions": "iVBORw0KGgo="}}, "refused"),
        ({"numbers": {"regions": None}}, "refused"),
        ({"numbers": {"regions": patches(count=521)}}, "refused"),
        ({"numbers": {"regions": patches(count=0)}}, "refused"),
        ({"numbers": {"regions": patches(version=1)}}, "refused"),
        ({"numbers": {"regions": patches(width=639)}}, "refused"),
        ({"numbers": {"regions": patches(x=640 * 32 + 1)}}, "refused"),
        ({"numbers": {"regions": patches(y=480 * 32 + 1)}}, "refused"),
        ({"numbers": {"flags": ["plain"]}}, "refused"),
        ({"numbers": {"phash": None}}, "refused"),
        ({"label": "x" * 25_000}, "refused"),
        ({"numbers": {"version": "0"}}, "refused"),
        ({"numbers": {"quality": 5}}, "flat"),
        ({"numbers": {"width": 20}}, "tiny"),
        ({"numbers": {"width": float("inf")}}, "refused"),
        ({"numbers": {"pdq": {}}}, "refused"),
        ({"numbers": {"pdq": "f" * 64}}, "refused"),
        ({"label": ["x"]}, "refused"),
        ({"fingerprint": "x"}, "refused"),
    ],
)
def test_what_is_not_exactly_agreement_name_and_numbers_is_refused(
    portal: Portal, changes: dict[str, Any], state: str
) -> None:
    client = portal.client(portal.person())

    answer = send(client, **changes)

    assert (answer.status_code, answer.json()) == (422, {"state": state})
    with portal.registry.reading() as tx:
        assert enrolments.active(tx) == []


def test_a_common_picture_is_not_enrolled_and_only_said_to_be_common(portal: Portal) -> None:
    person = portal.person()
    portal.store.log.common.add("logo.png", (Frame(made(1)),))
    client = portal.client(person)

    assert send(client).json() == {"state": "common"}
    with portal.registry.reading() as tx:
        assert enrolments.enrolments(tx, person) == []


def test_a_picture_that_another_person_enrolled_is_answered_like_any_other(portal: Portal) -> None:
    portal.enrolled(portal.person("Kim Haneul"), seed=1)

    assert send(portal.client(portal.person("Lee Bada"))).json() == {"state": "sent"}


@pytest.mark.parametrize("settings", [Settings(common_answers_per_person="2 per day")])
def test_whoever_asks_too_often_what_is_common_is_not_told_any_more(portal: Portal) -> None:
    """The fourth photo is kept like any other, so the answers are no way to search the operator's list."""
    portal.store.log.common.add("logo.png", (Frame(made(1)),))
    client = portal.client(portal.person())

    assert [send(client).json()["state"] for _ in range(4)] == ["common", "common", "sent", "known"]


def test_broken_json_is_refused(portal: Portal) -> None:
    client = portal.client(portal.person())
    headers = {"X-Form-Token": token(client, "/me"), "Content-Type": "application/json"}

    for body in (b"{", b"[" * 60_000, b"\xff\xfe", b"null"):
        assert client.post("/me/photos", content=body, headers=headers).status_code == 422


def test_stopping_ends_the_enrolment_at_once(portal: Portal) -> None:
    person = portal.person()
    enrolment = portal.enrolled(person)
    client = portal.client(person)

    assert "Stop looking for this photo?" in client.get(f"/me/photos/{enrolment}/stop").text
    assert post(client, f"/me/photos/{enrolment}/stop", "/me").headers["location"] == "/me/photos"

    with portal.registry.reading() as tx:
        assert enrolments.active(tx) == []
    assert client.get(f"/me/photos/{enrolment}/stop").status_code == 404


def test_the_overview_shows_counts_only(portal: Portal) -> None:
    person = portal.person()
    enrolment = portal.enrolled(person)
    for number in range(3):
        portal.exposed(enrolment, f"{PAGE}{number}")

    text = portal.client(person).get("/me").text

    assert "3 new finds" in text
    assert "1 photo is being looked for" in text
    assert HOST not in text


def test_nothing_found_is_said_with_what_we_do_not_see(portal: Portal) -> None:
    person = portal.person()
    portal.enrolled(person)

    assert "We do not see closed groups" in portal.client(person).get("/me").text


def test_the_address_is_shown_on_a_second_step_as_text_and_noted(portal: Portal) -> None:
    person = portal.person()
    found = portal.exposed(portal.enrolled(person))
    client = portal.client(person)

    for path in ("/me", "/me/found", f"/me/found/{found}"):
        assert HOST not in client.get(path).text
    assert client.get(f"/me/found/{found}/where").status_code == 405
    text = post(client, f"/me/found/{found}/where", "/me").text

    assert f">{PAGE.replace('&', '&amp;')}<" in text
    assert f">{PICTURE}<" in text
    assert f'="{PAGE}' not in text
    with portal.registry.reading() as tx:
        seen = [entry for entry in audit.entries(tx) if entry.action == "address-shown"]
        assert [(entry.actor, entry.subject) for entry in seen] == [(str(person.id), found)]


def test_nobody_sees_what_is_somebody_elses(portal: Portal) -> None:
    other = portal.person("Somebody Else")
    enrolment = portal.enrolled(other)
    found = portal.exposed(enrolment)
    client = portal.client(portal.person())

    tries = [
        client.get(f"/me/found/{found}"),
        client.get(f"/me/found/{found}/write?type=kr_tba_22_5&language=ko"),
        client.get(f"/me/photos/{enrolment}/stop"),
        post(client, f"/me/found/{found}/where", "/me"),
        post(client, f"/me/found/{found}/aside", "/me"),
        post(client, f"/me/photos/{enrolment}/stop", "/me"),
        post(client, f"/me/found/{found}/write", "/me", type="kr_tba_22_5", language="ko"),
    ]
    missing = client.get(f"/me/found/{uuid4()}")

    assert {answer.status_code for answer in tries} == {404}
    assert tries[0].text.replace(str(found), "") == missing.text.replace(missing.url.path[10:], "")


def test_a_minor_sees_neither_address_nor_letter(portal: Portal) -> None:
    minor = portal.person(birth_year=2012)
    assert minor.minor
    found = portal.exposed(portal.enrolled(minor))
    client = portal.client(minor)

    for path in ("/me/found", f"/me/found/{found}"):
        assert "You do not have to look at this" in client.get(path).text
        assert HOST not in client.get(path).text
    for path in ("where", "write"):
        answer = post(client, f"/me/found/{found}/{path}", "/me", type="kr_tba_22_5", language="ko")
        assert answer.status_code == 403
        assert HOST not in answer.text
    assert client.get(f"/me/found/{found}/write?type=kr_tba_22_5&language=ko").status_code == 403


@pytest.mark.parametrize("language", ["ko", "en"])
def test_a_letter_is_drafted_kept_and_marked_as_sent(portal: Portal, language: str) -> None:
    person = portal.person()
    found = portal.exposed(portal.enrolled(person))
    client = portal.client(person)

    answer = post(
        client,
        f"/me/found/{found}/write",
        "/me",
        type="kr_tba_22_5",
        language=language,
        requester_name="Kim Haneul",
        requester_phone="02-000-0000",
    )
    letter = answer.headers["location"]
    text = client.get(letter).text
    assert PAGE.replace("&", "&amp;") in text
    assert "02-000-0000" in text

    assert post(client, f"{letter}/sent", letter).headers["location"] == letter
    assert "Marked as sent" in client.get(letter).text
    with portal.registry.reading() as tx:
        assert cases.exposure(tx, found).state == "noticed"
        [kept] = cases.notices(tx, found)
        assert (kept.type, kept.language) == ("kr_tba_22_5", language)
        assert kept.sent_at is not None


@pytest.mark.parametrize(
    ("language", "waits", "refused"),
    [("en", "Wait for an answer", "go on with the next step"), ("ko", "답을 기다립니다", "다음 단계로")],
)
def test_the_clock_the_answer_and_the_next_step_are_shown(
    portal: Portal, language: str, waits: str, refused: str
) -> None:
    person = portal.person(language=language)
    found = portal.exposed(portal.enrolled(person))
    with portal.registry.transaction() as tx:
        letter = cases.save_notice(tx, found, "us_tida", "en", "text", subject="s")
        cases.mark_sent(tx, letter.id)
    client = portal.client(person)
    client.cookies.set("language", language)

    assert waits in client.get(f"/me/found/{found}").text
    where = f"/me/letters/{letter.id}"
    answer = post(client, f"{where}/answer", where, kind="refused", words="<b>No.</b>")
    assert answer.headers["location"] == f"/me/found/{found}"
    assert refused in client.get(f"/me/found/{found}").text
    assert "&lt;b&gt;No.&lt;/b&gt;" in client.get(where).text
    assert post(client, f"{where}/answer", where, kind="perhaps").status_code == 400


def test_what_a_letter_needs_is_said_beside_the_field_and_the_rest_is_kept(portal: Portal) -> None:
    person = portal.person()
    found = portal.exposed(portal.enrolled(person))
    client = portal.client(person)

    form = {"type": "us_tida", "language": "en", "requester_name": "K. H."}
    answer = post(client, f"/me/found/{found}/write", "/me", **form)

    assert answer.status_code == 422
    assert 'value="K. H."' in answer.text
    assert 'id="wrong-signature_electronic"' in answer.text
    assert 'id="wrong-non_consent_statement"' in answer.text
    with portal.registry.reading() as tx:
        assert cases.notices(tx, found) == []


def test_every_notice_on_offer_can_be_drafted_from_the_form(portal: Portal) -> None:
    """Fill every form as it asks to be filled: first choice, or some text."""
    from alerts.notices import types
    from alerts.notices.asking import questions
    from alerts.notices.records import Case

    person = portal.person()
    found = portal.exposed(portal.enrolled(person))
    client = portal.client(person)
    with portal.registry.reading() as tx:
        exposure = cases.exposure(tx, found)
    for offered in types():
        for language in offered.languages:
            asked = questions(Case(exposure, person, datetime.now(UTC)), offered.id, language, "en")
            said = {each.name: each.choices[0][0] if each.choices else each.known or each.example for each in asked}
            form = {"type": offered.id, "language": language, **said}
            answer = post(client, f"/me/found/{found}/write", "/me", **form)
            assert answer.status_code == 303, (offered.id, language, answer.text)


def test_a_letter_is_taken_along_as_pdf_mail_draft_and_report_and_says_what_it_reveals(portal: Portal) -> None:
    person = portal.person()
    found = portal.exposed(portal.enrolled(person))
    client = portal.client(person)
    said = {"kr_material_type": "허위영상물", "requester_phone": "02-000-0000"}
    answer = post(client, f"/me/found/{found}/write", "/me", type="kr_tba_22_5", language="ko", **said)
    place = answer.headers["location"]

    page = client.get(place).text
    assert "What the letter tells about you" in page
    assert "02-000-0000" in page
    assert "an identity number" in page or "주민등록번호" in page
    for file, starts in (("letter.pdf", b"%PDF-1."), ("letter.eml", b"X-Unsent: 1"), ("report.json", b"{")):
        taken = client.get(f"{place}/{file}")
        assert taken.status_code == 200
        assert taken.content.startswith(starts)
        assert taken.headers["content-disposition"] == f'attachment; filename="{file}"'
    assert client.get(f"{place}/letter.exe").status_code == 404
    assert portal.client(portal.person("Other")).get(f"{place}/letter.pdf").status_code == 404
    with portal.registry.reading() as tx:
        assert [entry.action for entry in audit.entries(tx)].count("letter-downloaded") == 3


def test_whom_to_write_to_is_looked_up_only_where_the_operator_allows_it(portal: Portal, monkeypatch) -> None:
    person = portal.person()
    found = portal.exposed(portal.enrolled(person), "http://127.0.0.1:9/post/1")
    client = portal.client(person)
    answer = post(client, f"/me/found/{found}/write", "/me", type="kr_pipa_36", language="ko")
    place = answer.headers["location"]

    assert "look-up" not in client.get(place).text
    assert post(client, f"{place}/look-up", "/me").status_code == 404
    monkeypatch.setenv("WATCHLIGHT_CONTACT_LOOKUPS", "1")
    assert "Look it up" in client.get(place).text
    assert post(client, f"{place}/look-up", "/me").status_code == 303
    assert "rdap-network (no-server-known)" in client.get(place).text


def test_the_letters_that_fit_come_first_with_the_reason(portal: Portal) -> None:
    person = portal.person()
    found = portal.exposed(portal.enrolled(person))
    client = portal.client(person)

    page = client.get(f"/me/found/{found}?material=ordinary").text
    assert page.index('id="kr_network_act_44_2"') < page.index('id="kr_tba_22_5"')
    assert "Because it is an ordinary photo" in page
    assert "takeitdown.ncmec.org" in page


def test_what_must_not_be_in_a_letter_is_said_beside_its_field(portal: Portal) -> None:
    person = portal.person()
    found = portal.exposed(portal.enrolled(person))
    client = portal.client(person)
    said = {"explanation_reason": "data:image/png;base64,AAAA", "bona_fide_statement": "yes"}
    answer = post(client, f"/me/found/{found}/write", "/me", type="eu_dsa_16", language="en", **said)
    assert answer.status_code == 422
    assert "must not hold an image" in answer.text


def test_a_notice_that_does_not_exist_is_a_page_that_does_not_exist(portal: Portal) -> None:
    person = portal.person()
    found = portal.exposed(portal.enrolled(person))
    client = portal.client(person)

    for query in ("type=none&language=ko", "type=kr_tba_22_5&language=fr", ""):
        assert client.get(f"/me/found/{found}/write?{query}").status_code == 404


def test_a_find_can_be_set_aside_and_taken_back(portal: Portal) -> None:
    person = portal.person()
    found = portal.exposed(portal.enrolled(person))
    client = portal.client(person)

    def state() -> str:
        with portal.registry.reading() as tx:
            return cases.exposure(tx, found).state

    post(client, f"/me/found/{found}/aside", "/me")
    assert state() == "dismissed"
    post(client, f"/me/found/{found}/back", "/me")
    assert state() == "told"


def test_erasing_needs_a_tick_and_gives_a_receipt(portal: Portal) -> None:
    person = portal.person()
    portal.exposed(portal.enrolled(person))
    client = portal.client(person)

    assert post(client, "/me/erase", "/me/erase").status_code == 422
    answer = post(client, "/me/erase", "/me/erase", sure="yes")

    assert answer.status_code == 200
    with portal.registry.reading() as tx:
        [entry] = [entry for entry in audit.entries(tx) if entry.action == "person-erased"]
        assert str(entry.subject) in answer.text
        with pytest.raises(UnknownPerson):
            people.get(tx, person.id)
    assert client.get("/me").headers["location"] == "/sign-in"


def test_what_is_kept_is_shown_with_nothing_left_out(portal: Portal) -> None:
    person = portal.person(phrase="blue heron", language="ko")
    client = portal.client(person)
    client.cookies.set("language", "en")
    text = client.get("/me/account").text

    assert all(value in text for value in ("Kim Haneul", "haneul@example.org", "blue heron", "Asia/Seoul", "Korean"))


def test_markup_in_names_labels_and_addresses_is_only_text(portal: Portal) -> None:
    nasty = '"><script>alert(1)</script><img src=x onerror=alert(1)>'
    person = portal.person(f"Kim {nasty}", phrase=nasty)
    found = portal.exposed(portal.enrolled(person, label=nasty), f"https://forum.example/{nasty}")
    client = portal.client(person)
    pages = [client.get(path).text for path in ("/me/photos", "/me/found", f"/me/found/{found}", "/me/account")]
    pages.append(post(client, f"/me/found/{found}/where", "/me").text)
    pages.append(
        post(client, f"/me/found/{found}/write", "/me", type="us_tida", language="en", requester_name=nasty).text
    )

    for text in pages:
        assert "<script>alert" not in text
        assert "<img" not in text
        assert "&lt;script&gt;" in text
