"""`watchlight doctor` says in plain words what is missing and how to get it."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from portal import doctor
from portal.web.language import languages


def finding(name, **environ):
    [found] = [one for one in doctor.examine({**os.environ, **environ}) if one.name == name]
    return found


def test_a_fresh_machine_has_nothing_broken():
    broken = [one for one in doctor.examine(os.environ) if one.state == "broken"]
    assert broken == []


def test_everything_that_is_not_well_says_what_to_do():
    for one in doctor.examine(os.environ):
        assert one.state == "well" or one.remedy, one.name


@pytest.mark.parametrize("code", ["en", "ko"])
def test_every_finding_has_its_sentence_in_every_language(code):
    """Whatever a check may find, and what to do about it wherever it is not well."""
    words = languages()[code]
    found = re.findall(r'Finding\([^,]+, "(well|missing|broken)", "(\w+)"', Path(doctor.__file__).read_text())
    assert len(found) >= 25
    assert [said for _, said in found if not words.has(f"health.say.{said}")] == []
    assert [said for state, said in found if words.has(f"health.do.{said}") != (state != "well")] == []


def test_a_data_folder_that_cannot_be_written_is_broken_and_its_disk_is_named(private_home):
    (private_home / ".doctor").mkdir()  # whatever keeps us from writing: here even root is refused
    found = finding("data folder")
    assert found.state == "broken"
    assert "cannot be written" in found.words
    assert "disk" in found.remedy


def test_no_browser_is_missing_and_not_broken():
    assert finding("browser", WATCHLIGHT_CHROMIUM="off").state == "missing"


def test_a_mail_server_that_does_not_answer_is_broken():
    found = finding("mail", WATCHLIGHT_SMTP_URL="smtp://127.0.0.1:1")
    assert found.state == "broken"
    assert "WATCHLIGHT_SMTP_URL" in found.remedy


def test_a_valkey_that_does_not_answer_or_forgets_is_broken(valkey_server):
    import valkey

    assert finding("fleet").state == "well"
    assert finding("fleet", WATCHLIGHT_VALKEY_URL="valkey://127.0.0.1:1/0").state == "broken"
    assert finding("fleet", WATCHLIGHT_VALKEY_URL=valkey_server).state == "well"
    server = valkey.Valkey.from_url(valkey_server)
    server.config_set("maxmemory-policy", "allkeys-lru")
    assert "noeviction" in finding("fleet", WATCHLIGHT_VALKEY_URL=valkey_server).remedy
    server.config_set("maxmemory-policy", "noeviction")


def test_loopback_left_open_is_broken():
    assert finding("guard", WATCHLIGHT_ALLOW_LOOPBACK="1").state == "broken"


def test_a_data_folder_that_others_can_read_is_broken(private_home):
    private_home.chmod(0o755)
    assert finding("data folder").state == "broken"


def test_a_key_that_does_not_fit_is_broken():
    finding("registry")
    found = finding("registry", WATCHLIGHT_REGISTRY_KEY="A" * 43 + "=")
    assert found.state == "broken"
    assert "WATCHLIGHT_REGISTRY_KEY" in found.words


@pytest.mark.parametrize(("environ", "code"), [({}, 0), ({"WATCHLIGHT_ALLOW_LOOPBACK": "1"}, 1)])
def test_the_command_speaks_json_and_fails_when_something_is_broken(environ, code):
    command = [sys.executable, "-m", "portal.cli", "doctor", "--json"]
    done = subprocess.run(command, capture_output=True, text=True, env={**os.environ, **environ}, check=False)
    assert done.returncode == code, done.stderr
    names = {json.loads(line)["name"] for line in done.stdout.splitlines()}
    assert names == set(doctor.CHECKS)
