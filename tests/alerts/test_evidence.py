"""Evidence files: no changed byte goes unseen or unnamed, and only a key one trusts makes a file hold."""

import http.server
import json
import random
import shutil
import subprocess
import threading
from datetime import timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from alerts.errors import NoTimeStamp
from alerts.evidence import timestamps
from alerts.evidence.exporting import SEAL_MARK, body_of, export, seal_of, seal_text
from alerts.evidence.printing import pdf
from alerts.evidence.verifying import verify
from portal.cli import build
from registry import cases, evidence, evidence_keys
from registry.database import Registry
from registry.erase import erase_person
from tests.alerts.conftest import NOW
from tests.alerts.pdf import text_of


@pytest.fixture
def story(registry, found):
    """An exposure that was found by the real triage, written about, answered and looked at again."""

    def tell(**facts):
        _person, exposure = found(**facts)
        with registry.transaction() as tx:
            letter = cases.save_notice(tx, exposure, "us_tida", "en", "Please remove this.", recipient="Host")
            cases.mark_sent(tx, letter.id, NOW)
            cases.record_reply(tx, letter.id, "removed", "Done.", at=NOW + timedelta(hours=3))
            look = {
                "address": exposure.page_url,
                "status": 404,
                "headers": {"server": "nginx"},
                "page_text_sha256": None,
            }
            cases.record_verdict(tx, exposure, "gone", "absent-twice", NOW + timedelta(hours=6), looks=[look])
        return exposure

    return tell


def exported(registry, exposure, **how):
    with registry.transaction() as tx:
        file = export(tx, exposure, NOW, **how)
        return file, [key.id for key in evidence_keys.keys(tx)]


def test_an_export_holds_everything_but_a_picture_and_can_be_checked(registry, story):
    file, keys = exported(registry, story())
    assert verify(file, keys).holds
    assert verify(file, keys).records == 4
    kinds = [each["fields"]["kind"]["value"] for each in json.loads(file)["records"]]
    assert kinds == ["found", "notice-sent", "reply", "verdict"]
    first = json.loads(file)["records"][0]["fields"]
    assert len(first["fingerprint"]["value"]["pdq"]) == 64
    assert {"page_url", "picture_url", "content_digest", "first_seen", "seen_area"} <= first.keys()
    assert b"Done." not in file


def test_any_changed_byte_is_found_and_named(registry, story):
    file, keys = exported(registry, story())
    pick = random.Random(5)
    for at in sorted(pick.sample(range(len(file)), 150)):
        value = pick.choice([value for value in range(256) if value != file[at]])
        report = verify(file[:at] + bytes((value,)) + file[at + 1 :], keys)
        assert not report.holds, at
        if at < file.rindex(SEAL_MARK):
            assert any(each.offset == at and each.length == 1 for each in report.changes), (at, report.changes)
        else:
            assert "seal" in report.changes[0].what or "end" in report.changes[0].what


@pytest.mark.parametrize(
    "what", ["a byte taken out", "a byte put in", "a line taken out", "a line put in", "cut short"]
)
def test_what_is_taken_out_or_put_in_is_named_too(registry, story, what):
    file, keys = exported(registry, story())
    at = file.index(b"us_tida")
    lines = file.splitlines(keepends=True)
    spoilt = {
        "a byte taken out": file[:at] + file[at + 1 :],
        "a byte put in": file[:at] + b"x" + file[at:],
        "a line taken out": b"".join(lines[:20] + lines[21:]),
        "a line put in": b"".join([*lines[:20], b"\n", *lines[20:]]),
        "cut short": file[:-9],
    }[what]
    report = verify(spoilt, keys)
    assert report.changes
    if "byte" in what:
        assert report.changes[0].offset == at


def test_a_file_sealed_again_with_another_key_does_not_hold(registry, story, tmp_path):
    exposure = story()
    file, keys = exported(registry, exposure)
    with Registry.open(f"sqlite:///{tmp_path / 'forger.sqlite3'}", bytes(32)) as forger, forger.transaction() as tx:
        body = file.rpartition(SEAL_MARK)[0].replace(b"us_tida", b"us_dmca")
        forged = body + SEAL_MARK + seal_text(seal_of(tx, body, "lines")) + b"\n}\n"
    report = verify(forged, keys)
    assert not report.holds
    assert "vouches" in report.problems[0]
    assert "does not say what it commits to" in str(report.problems)


def test_whoever_trusts_the_first_key_trusts_the_ones_it_endorses(registry, story):
    exposure = story()
    _, [first] = exported(registry, exposure)
    with registry.transaction() as tx:
        evidence_keys.rotate(tx)
        evidence_keys.rotate(tx)
    file, keys = exported(registry, exposure)
    assert len(keys) == 3
    assert verify(file, [first]).holds
    assert not verify(file, ["0" * 32]).holds


def test_an_export_outlives_the_erasure_of_its_person_and_the_chain_holds(registry, story):
    exposure = story()
    file, keys = exported(registry, exposure)
    erase_person(registry, exposure.person)
    assert verify(file, keys).holds
    with registry.reading() as tx:
        assert evidence.check(tx).erased == 4


def test_withheld_addresses_are_not_in_the_file_and_it_still_holds(registry, story):
    exposure = story(birth_year=NOW.year - 14)
    file, keys = exported(registry, exposure, with_addresses=False)
    assert b"forum.example" not in file
    assert b"cdn.example" not in file
    assert verify(file, keys).holds


@pytest.mark.parametrize("language", ["en", "ko"])
def test_the_pdf_says_the_same_and_shows_a_changed_byte_by_its_seal(registry, story, language):
    exposure = story()
    with registry.transaction() as tx:
        paper = pdf(body_of(tx, exposure, NOW, with_addresses=True), "key", language, NOW)
        seal = seal_text(seal_of(tx, paper, "blocks"))
        keys = [key.id for key in evidence_keys.keys(tx)]
    text = text_of(paper).replace("\n", "").replace(" ", "")
    assert exposure.page_url in text
    assert "absent-twice" in text
    assert ("삭제요청을보냄" if language == "ko" else "Anoticewassent") in text
    assert verify(paper, keys, seal).holds
    at = len(paper) // 2
    report = verify(paper[:at] + bytes((paper[at] ^ 1,)) + paper[at + 1 :], keys, seal)
    assert report.changes[0].offset == at


@pytest.fixture
def authority(tmp_path, monkeypatch):
    """A real time stamp authority on loopback: openssl's, with a certificate of its own."""
    if shutil.which("openssl") is None:
        pytest.skip("needs openssl, whose time stamp authority answers here")
    make_authority(tmp_path)

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            (tmp_path / "query.tsq").write_bytes(self.rfile.read(int(self.headers["Content-Length"])))
            reply = "openssl ts -reply -config tsa.cnf -queryfile query.tsq -out answer.tsr"
            subprocess.run(reply.split(), cwd=tmp_path, check=True, capture_output=True)
            self.send_response(200)
            self.end_headers()
            self.wfile.write((tmp_path / "answer.tsr").read_bytes())

        def log_message(self, *_):
            """Say nothing."""

    server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    monkeypatch.setenv("WATCHLIGHT_TSA_URL", f"http://127.0.0.1:{server.server_address[1]}/tsa")
    monkeypatch.setenv("WATCHLIGHT_ALLOW_LOOPBACK", "1")
    yield tmp_path / "root.pem"
    server.shutdown()
    server.server_close()


def make_authority(folder: Path) -> None:
    (folder / "tsa.cnf").write_text(
        "[tsa]\ndefault_tsa = t\n[t]\nserial = serial\ncrypto_device = builtin\nsigner_cert = tsa.pem\n"
        "signer_key = tsa.key\nsigner_digest = sha256\ndefault_policy = 1.2.3.4.1\n"
        "digests = sha256, sha384, sha512\nordering = yes\ntsa_name = yes\ness_cert_id_chain = no\n"
        "ess_cert_id_alg = sha256\n"
        "[ext]\nextendedKeyUsage = critical,timeStamping\nkeyUsage = critical,digitalSignature\n"
        "basicConstraints = CA:FALSE\nsubjectKeyIdentifier = hash\nauthorityKeyIdentifier = keyid\n"
    )
    (folder / "serial").write_text("01\n")
    for command in (
        "req -x509 -newkey rsa:2048 -nodes -keyout root.key -out root.pem -days 30 -subj /CN=Root",
        "req -newkey rsa:2048 -nodes -keyout tsa.key -out tsa.csr -subj /CN=TSA",
        "x509 -req -in tsa.csr -CA root.pem -CAkey root.key -CAcreateserial -out tsa.pem -days 30"
        " -extfile tsa.cnf -extensions ext",
    ):
        subprocess.run(["openssl", *command.split()], cwd=folder, check=True, capture_output=True)


def test_a_time_stamp_of_a_real_authority_is_kept_and_can_be_checked(private_home, found, authority, tmp_path):
    run = CliRunner().invoke
    with Registry.open() as home:
        from tests.alerts.conftest import add_person, enrol

        enrolment = enrol(home, add_person(home), 1)
        with home.transaction() as tx:
            exposure, _ = cases.record_exposure(
                tx,
                enrolment,
                page_url="https://forum.example/t/1",
                picture_url="https://cdn.example/1.jpg",
                target="forum",
                seen_at=NOW,
                content_digest=bytes(32),
                kind="whole",
                distance=0,
                confidence=0.9,
                reason="r",
            )
    out, paper = tmp_path / "e.json", tmp_path / "e.pdf"
    assert run(build(), ["evidence", "stamp"]).exit_code == 0
    made = ["evidence", "export", str(exposure.id)[:8], "--out", str(out), "--pdf", str(paper), "--timestamp"]
    result = run(build(), made)
    assert result.exit_code == 0, result.output

    checked = run(build(), ["evidence", "verify", str(out), "--tsa-root", str(authority), "--json"])
    assert checked.exit_code == 0, checked.output
    told = json.loads(checked.stdout)
    assert told["holds"]
    assert len(told["time_stamps"]) == 2
    assert all("T" in each for each in told["time_stamps"])
    assert run(build(), ["evidence", "verify", str(paper)]).exit_code == 0
    assert "1 links" in run(build(), ["evidence", "check"]).stdout

    out.write_bytes(out.read_bytes().replace(b"forum.example", b"forum.exemple"))
    spoilt = run(build(), ["evidence", "verify", str(out)])
    assert spoilt.exit_code == 1
    assert "byte 0x65 was 0x61" in spoilt.stdout


def test_a_time_stamp_over_something_else_or_of_a_stranger_does_not_hold(authority, tmp_path):
    import os

    response = timestamps.stamp(b"this", timestamps.authority(os.environ), os.environ)
    assert timestamps.time_of(response, b"this", [authority.read_bytes()]).year >= 2024
    with pytest.raises(NoTimeStamp):
        timestamps.time_of(response, b"that", [authority.read_bytes()])
    other = tmp_path / "other"
    other.mkdir()
    make_authority(other)
    with pytest.raises(NoTimeStamp):
        timestamps.time_of(response, b"this", [(other / "root.pem").read_bytes()])
