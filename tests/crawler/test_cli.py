"""The commands on targets and crawls: one clear answer, one clear sentence when something is wrong."""

import json
import os
import subprocess
import sys
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner

from crawler.outcomes import Outcome
from portal.cli import build
from portal.cli.crawl_door import open_store

CLONE = Path(__file__).resolve().parents[2]


@pytest.fixture
def watchlight(private_home):
    runner = CliRunner()
    return lambda *arguments: runner.invoke(build(), list(arguments))


def test_targets_are_added_listed_shown_paused_and_removed(watchlight):
    assert watchlight("target", "add", "forum", "forum.example", "--depth", "3", "--delay", "2").exit_code == 0
    listed = json.loads(watchlight("target", "list", "--json").stdout)
    assert (listed["name"], listed["depth"], listed["delay_s"], listed["last_crawl"]) == ("forum", 3, 2.0, None)
    assert watchlight("target", "pause", "forum").exit_code == 0
    assert json.loads(watchlight("target", "show", "forum", "--json").stdout)["paused"] is True
    assert watchlight("target", "resume", "forum").exit_code == 0
    assert "never crawled" in watchlight("target", "list").stdout
    assert watchlight("target", "remove", "forum").exit_code == 0
    assert watchlight("target", "list", "--json").stdout == ""


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["target", "add", "a b", "https://x.example/"], "A target's name"),
        (["target", "add", "a", "file:///etc/passwd"], "only http and https"),
        (["target", "add", "a", "https://x.example/", "--kind", "pigeon"], "Kinds there are: "),
        (["target", "add", "a", "https://x.example/", "--depth", "1000"], "depth is a number from 0 to 100"),
        (["target", "show", "nobody"], "no target called 'nobody'"),
        (["target", "missed", "nobody"], "no target called 'nobody'"),
        (["target", "remove", "nobody"], "no target called 'nobody'"),
        (["target", "import", "nowhere.toml"], "Cannot read"),
        (["target", "probe", "file:///x"], "Cannot look at"),
        (["crawl", "nobody"], "no target called 'nobody'"),
        (["crawl"], "Add one with: watchlight target add"),
        (["crawl", "--url", "javascript:x"], "cannot use the address"),
    ],
)
def test_wrong_use_gets_one_sentence_and_exit_code_2(watchlight, arguments, says):
    done = watchlight(*arguments)
    assert done.exit_code == 2, done.output
    assert says in done.stderr
    assert done.stderr.count("\n") == 1


def test_pages_that_were_not_used_are_listed_with_the_reason_and_what_to_do(watchlight, private_home):
    watchlight("target", "add", "forum", "https://forum.example/")
    assert "No page of the last crawl was left out" in watchlight("target", "missed", "forum").stdout
    store = open_store()
    now = datetime.now(UTC)
    run_id = store.frontier.begin(store.targets.get("forum"), now)
    (entry,) = store.frontier.lease(run_id, "test", 1, now)
    store.frontier.settle([Outcome(entry, reason="malformed-xml", refusals=Counter({"malformed-xml": 1}))], now)
    said = watchlight("target", "missed", "forum").stdout
    assert "https://forum.example/" in said
    assert "not well-formed XML" in said
    told = json.loads(watchlight("target", "missed", "forum", "--json").stdout)
    assert (told["reason"], told["url"], told["state"]) == ("malformed-xml", "https://forum.example/", "done")


def test_export_and_import_carry_every_target(watchlight, tmp_path):
    file = str(tmp_path / "targets.toml")
    watchlight("target", "add", "a", "https://a.example/", "--reason", "asked")
    watchlight("target", "add", "b", "https://b.example/", "--path", "/board")
    assert watchlight("target", "export", file).exit_code == 0
    watchlight("target", "remove", "a")
    assert watchlight("target", "import", file).exit_code == 0  # what is there already is the same: nothing is refused
    watchlight("target", "remove", "b")
    watchlight("target", "add", "b", "https://b.example/", "--path", "/other")
    refused = watchlight("target", "import", file)
    assert refused.exit_code == 2
    assert "'b' already" in refused.stderr
    assert "line 7" in refused.stderr
    assert watchlight("target", "import", file, "--replace").exit_code == 0
    assert len(watchlight("target", "list", "--json").stdout.splitlines()) == 2


def command(*arguments: str) -> subprocess.CompletedProcess:
    """Run the command as a user does, in a process of its own."""
    return subprocess.run(
        [sys.executable, "-m", "portal.cli", *arguments],
        cwd=CLONE,
        env={**os.environ, "WATCHLIGHT_ALLOW_LOOPBACK": "1"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_a_crawl_from_the_command_line_ends_with_an_honest_summary(site, drawn, store, target_of):
    site.pages["/"] = '<img src="/a.jpg"><img src="/no.jpg"><a href="/gone">x</a>'
    site.picture("/a.jpg", drawn(1))
    target_of(site)
    done = command("crawl", "site")
    assert done.returncode == 0, done.stderr
    assert "site: 1 pages, 2 pictures (0 known already), 1 new sightings" in done.stdout
    assert "not used: 1 x picture-http-404" in done.stdout
    assert "not used: 1 x http-404" in done.stdout


def test_a_probe_stores_nothing_and_says_what_it_saw(site, drawn, store):
    site.pages["/"] = '<img src="/a.jpg"><img src="/b.jpg"><a href="/two">x</a>'
    done = command("target", "probe", site.url("/"), "--plain", "--json")
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert (found["robots"], found["status"], found["pictures"], found["kind"]) == ("allows it", 200, 2, "pages")
    assert site.asked == ["/robots.txt", "/"]
    assert store.targets.all() == []
    assert store.pages.last_runs() == {}
