"""The commands as people type them: each in a process of its own would be slow, so they run in this one."""

import json
from datetime import UTC, datetime

import pytest
from typer.testing import CliRunner

from crawler.recheck import Observation
from crawler.store import CrawlStore
from portal.cli import build
from registry import audit, cases
from registry.database import Registry
from tests.alerts.conftest import add_person, enrol, sighting
from tests.alerts.test_notices import COMPLETE


@pytest.fixture
def run(private_home):
    def run(*words: str, code: int = 0):
        result = CliRunner().invoke(build(), list(words))
        assert result.exit_code == code, result.output
        return result

    return run


@pytest.fixture
def home_registry(private_home):
    with Registry.open() as registry:
        yield registry


def saw(*seen) -> None:
    store = CrawlStore.open()
    store.log.append(seen)
    store.close()


@pytest.fixture
def exposed(run, home_registry):
    """Somebody with one exposure, found by the command."""
    person = add_person(home_registry)
    enrol(home_registry, person, 1)
    saw(sighting(1))
    run("match")
    with home_registry.reading() as tx:
        return cases.exposures(tx)[0]


def lines(result) -> list[dict]:
    return [json.loads(line) for line in result.stdout.splitlines()]


def test_match_finds_tells_and_says_what_waits(run, home_registry):
    enrol(home_registry, add_person(home_registry), 1)
    saw(sighting(1), sighting(2))

    result = run("match")
    assert "2 sightings compared" in result.stdout
    assert ": 1 new exposures, 1 alerts." in result.stdout
    assert "WATCHLIGHT_SMTP_URL" in result.stdout
    (report,) = lines(run("match", "--retro", "--json"))
    assert report["exposures"] == 0


def test_match_delivers_through_the_mail_server_of_the_environment(run, home_registry, mail_server, monkeypatch):
    monkeypatch.setenv("WATCHLIGHT_SMTP_URL", mail_server.url)
    monkeypatch.setenv("WATCHLIGHT_MAIL_FROM", "news@alerts.example")
    enrol(home_registry, add_person(home_registry), 1)
    saw(sighting(1))
    assert "1 alerts delivered." in run("match").stdout
    assert len(mail_server.taken) == 1


def test_wrong_mail_settings_end_with_one_sentence_and_exit_2(run, home_registry, monkeypatch):
    monkeypatch.setenv("WATCHLIGHT_SMTP_URL", "gopher://x")
    assert "WATCHLIGHT_SMTP_URL" in run("match", code=2).stderr


def test_exposures_are_listed_with_their_addresses_for_whoever_acts(run, exposed):
    (record,) = lines(run("exposures", "--json"))
    assert record["page_url"] == "https://forum.example/t/1"
    assert record["kind"] == "whole"
    assert "content_digest" not in record
    assert lines(run("exposures", "--json", "--person", "seo-yeon")) == [record]
    assert "forum.example" in run("exposures").stdout
    assert "Nobody is called" in run("exposures", "--person", "nobody", code=2).stderr


def test_one_exposure_is_shown_by_the_first_signs_of_its_id_and_the_look_is_audited(run, exposed, home_registry):
    (record,) = lines(run("exposure", "show", str(exposed.id)[:8], "--json"))
    assert record["id"] == str(exposed.id)
    assert record["notices"] == []
    with home_registry.reading() as tx:
        assert "exposure-shown" in {entry.action for entry in audit.entries(tx)}
    assert "There is no exposure" in run("exposure", "show", "ffffffffffff", code=2).stderr


def test_addresses_of_minors_are_never_displayed(run, home_registry):
    child = add_person(home_registry, "Ha-eun", birth_year=datetime.now(UTC).year - 15)
    enrol(home_registry, child, 1)
    saw(sighting(1))
    run("match")
    with home_registry.reading() as tx:
        short = str(cases.exposures(tx)[0].id)[:8]
    for words in (
        ("exposures",),
        ("exposures", "--json"),
        ("exposure", "show", short),
        ("exposure", "show", short, "--json"),
    ):
        output = run(*words).output
        assert "forum.example" not in output
        assert "cdn.example" not in output
    assert "under age" in run("notice", "contacts", short, "--look-up", code=2).stderr
    refused = run("notice", "draft", short, "--type", "kr_tba_22_5", "--lang", "ko", code=2)
    assert "112" in refused.stderr
    assert "forum.example" not in refused.output
    assert "under age" in run("recheck", short, code=2).stderr


def test_a_hostile_address_cannot_steer_the_terminal(run, home_registry):
    enrol(home_registry, add_person(home_registry), 1)
    saw(sighting(1, "https://forum.example/\x1b[2J\u202e", picture_url="data:image/png;base64,AAAA"))
    run("match")
    for words in (("exposures",), ("exposures", "--json")):
        output = run(*words).output
        assert "\x1b" not in output
        assert "\u202e" not in output
        assert "AAAA" not in output


def test_a_letter_is_drafted_kept_and_noticed_only_when_it_was_sent(run, exposed, home_registry):
    given = [word for name, value in COMPLETE["kr_tba_22_5"].items() for word in ("--set", f"{name}={value}")]
    words = ("notice", "draft", str(exposed.id)[:8], "--type", "kr_tba_22_5", "--lang", "ko")
    (letter,) = lines(run(*words, *given, "--json"))
    assert "제22조의5" in letter["text"]
    assert letter["send_to"]["host"] == "forum.example"
    with home_registry.reading() as tx:
        assert cases.exposure(tx, exposed.id).state == "new"

    run("notice", "sent", letter["id"][:8])
    with home_registry.reading() as tx:
        assert cases.exposure(tx, exposed.id).state == "noticed"


def test_a_letter_is_chosen_with_its_reason_and_written_in_all_its_forms(run, exposed, tmp_path):
    assert "kr_tba_22_5" in run("notice", "choose", str(exposed.id)).stdout.splitlines()[0]
    files = {form: tmp_path / f"letter.{form}" for form in ("pdf", "eml", "xarf")}
    options = [word for form, file in files.items() for word in (f"--{form}", str(file))]
    result = run("notice", "draft", str(exposed.id), "--lang", "ko", *options)

    assert "불법촬영물등" in result.stdout
    assert "This letter, because" in result.stderr
    assert "medium requester_email" in result.stderr
    assert files["pdf"].read_bytes().startswith(b"%PDF")
    assert files["eml"].read_bytes().startswith(b"X-Unsent: 1")
    assert json.loads(files["xarf"].read_bytes())["type"] == "exposed_data"


def test_a_letter_chosen_by_hand_is_written_in_the_language_its_reader_has_and_says_that_nobody_proposed_it(
    run, exposed
):
    given = [word for name, value in COMPLETE["us_tida"].items() for word in ("--set", f"{name}={value}")]
    result = run("notice", "draft", str(exposed.id), "--type", "us_tida_223a", *given)
    assert "TAKE IT DOWN Act removal request" in result.stdout
    assert "chosen by hand" in result.stderr


def test_a_card_is_shown_and_nothing_is_kept(run, exposed, home_registry):
    output = run("notice", "draft", str(exposed.id), "--type", "us_2258a_pointer", "--lang", "ko").stdout
    assert "report.cybertip.org" in output
    assert "1366" in output
    assert "forum.example" not in output
    with home_registry.reading() as tx:
        assert cases.notices(tx, exposed) == []


def test_replies_go_to_an_address_of_the_case_that_the_mail_server_can_look_up(run, exposed, monkeypatch):
    assert "WATCHLIGHT_RELAY_DOMAIN" in run("notice", "relay", code=2).stderr
    monkeypatch.setenv("WATCHLIGHT_RELAY_DOMAIN", "relay.example.org")
    (letter,) = lines(run("notice", "draft", str(exposed.id), "--lang", "ko", "--json"))
    address = next(each["value"] for each in letter["preview"] if each["field"] == "requester_email")
    assert address.endswith("@relay.example.org")
    assert run("notice", "relay", address).stdout == f"{address} seo-yeon@example.org\n"
    assert "No case" in run("notice", "relay", "case-x@relay.example.org", code=1).stderr


def test_whom_to_write_to_is_said_with_what_was_not_looked_up_and_looked_up_only_when_asked(run, home_registry):
    enrol(home_registry, add_person(home_registry), 1)
    saw(sighting(1, "http://127.0.0.1:9/secret/path"))
    run("match")
    with home_registry.reading() as tx:
        short = str(cases.exposures(tx)[0].id)[:8]

    assert "Not looked up for 127.0.0.1: report-form-on-the-page" in run("notice", "contacts", short).stdout
    asked = run("notice", "contacts", short, "--look-up", "--json").stdout
    assert "rdap-network (no-server-known)" in asked
    assert "secret" not in asked
    assert "rdap-domain (no-server-known)" in run("notice", "contacts", short).stdout


def test_a_form_with_open_places_says_so_and_is_not_marked_as_sent_by_accident(run, exposed):
    result = run("notice", "draft", str(exposed.id), "--type", "kr_tba_22_5", "--lang", "ko")
    assert "[ ] 허위영상물" in result.stdout
    assert "requester_phone" in result.stderr
    assert "Not looked up for forum.example" in result.stderr
    short = result.stderr.split("Kept as notice ")[1][:8]
    assert "--by-hand" in run("notice", "sent", short, code=2).stderr
    run("notice", "sent", short, "--by-hand")


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (("--type", "nonsense", "--lang", "ko"), "kr_tba_22_5, kr_network_act_44_2"),
        (("--type", "kr_tba_22_5", "--lang", "xx"), "ko, en"),
        (("--type", "us_tida", "--lang", "en"), "signature_electronic"),
        (("--type", "kr_tba_22_5", "--lang", "ko", "--set", "nonsense"), "FIELD=VALUE"),
        (("--type", "kr_tba_22_5", "--lang", "ko", "--set", "nonsense=1"), "kr_material_type"),
    ],
)
def test_what_cannot_be_drafted_is_answered_with_what_to_do_and_exit_2(run, exposed, home_registry, words, named):
    assert named in run("notice", "draft", str(exposed.id), *words, code=2).stderr
    with home_registry.reading() as tx:
        assert cases.notices(tx, exposed) == []


def test_the_notices_on_offer_and_the_age_of_their_facts_are_listed(run):
    offered = [each["id"] for each in lines(run("notice", "types", "--json"))]
    assert len(offered) == 28
    assert {"kr_tba_22_5", "us_tida", "eu_dsa_16"} <= set(offered)
    table = lines(run("notice", "types", "--table", "--json"))
    assert all(row["complete"] for row in table)
    assert len(table) > 60
    assert "kr_tba_22_5" in run("notice", "types").stdout
    assert len(lines(run("notice", "facts", "--json"))) > 80
    run("notice", "facts", "--stale")


def test_recheck_asks_the_crawler_and_says_gone_only_after_a_second_look(run, exposed, monkeypatch):
    """The crawler's process is stood in for by its answers: that the real one answers is tested with the crawler."""
    from crawler import run as crawler_run

    class Answers:
        def wait(self, _timeout):
            store = CrawlStore.open()
            for asked in store.rechecks.open():
                status = 200 if asked.address == "https://forum.example/" else 404  # the front page of a living site
                store.rechecks.answer(Observation(asked.id, asked.address, datetime.now(UTC), status=status))
            store.close()

    monkeypatch.setattr(crawler_run, "start_crawl", lambda **_: Answers())
    short = str(exposed.id)[:8]
    assert lines(run("recheck", short, "--json"))[0]["verdict"] == "unknown"
    assert lines(run("recheck", short, "--json"))[0]["detail"] == "gone-once"
    assert lines(run("recheck", short, "--json", "--apart", "0"))[0]["verdict"] == "gone"


def test_a_reply_is_recorded_and_the_next_step_said(run, exposed, home_registry):
    with home_registry.transaction() as tx:
        letter = cases.save_notice(tx, exposed, "us_tida", "en", "text")
    short = str(letter.id)[:8]
    assert "not sent yet" in run("notice", "reply", short, "refused", code=2).stderr
    run("notice", "sent", short)
    assert lines(run("notice", "status", "--json"))[0]["state"] == "sent"
    told = run("notice", "reply", short, "refused", "--words", "We know https://forum.example/t/1 and keep it.").stdout
    assert "go on with the next step" in told
    assert "forum.example" not in told
    shown = lines(run("exposure", "show", str(exposed.id)[:8], "--json"))[0]["progress"]
    assert (shown["letters"][0]["state"], shown["next"]) == ("refused", "go-on")
    assert "refused" in run("exposure", "show", str(exposed.id)[:8]).stdout


def test_recheck_without_a_sent_letter_has_nothing_to_do(run, exposed):
    assert "Nothing is due" in run("recheck").stdout


def test_alerts_nobody_got_are_listed_and_can_be_tried_again(run, home_registry, mail_server, monkeypatch):
    monkeypatch.setenv("WATCHLIGHT_SMTP_URL", mail_server.url)
    monkeypatch.setenv("WATCHLIGHT_MAIL_FROM", "news@alerts.example")
    mail_server.recipient_answer = "550 no"
    enrol(home_registry, add_person(home_registry), 1)
    saw(sighting(1))
    assert "1 alerts reached nobody" in run("match").stdout

    (record,) = lines(run("alerts", "--json"))
    assert record["reason"] == "smtp-recipient-550"
    mail_server.recipient_answer = "250 ok"
    assert "1 delivered" in run("alerts", "again", record["id"][:8]).stdout
    assert "reached" in run("alerts").stdout
