"""The whole road with the real parts: crawler process, databases, mail server. Minutes, not seconds."""

import io
import os
import re
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
import uuid
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest
import sqlalchemy as sa
from rich.console import Console
from typer.testing import CliRunner

from portal.cli import build
from portal.demo.planted import PLANTED
from portal.demo.show import Show
from portal.demo.stage import DatabaseInUseError, set_up
from portal.demo.story import Choices, tell

pytestmark = pytest.mark.timeout(400)


def told(choices: Choices) -> tuple[int, str]:
    """Tell the story; return its exit code and everything it printed."""
    paper = io.StringIO()
    code = tell(choices, Show(Console(file=paper, width=200)))
    return code, paper.getvalue()


def test_the_whole_road_agrees_with_the_claims_and_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))

    code, output = told(Choices(get_browser=False))

    assert code == 0, output
    assert "Reality agrees with everything this demo claims." in output
    assert list(tmp_path.glob("watchlight-demo-*")) == []


def test_without_a_browser_and_with_a_false_claim_only_the_false_claim_is_named(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("WATCHLIGHT_CHROMIUM", "off")
    false = replace(PLANTED[-1], change="captioned", site="forum", page="/thread/12", expected=PLANTED[0].expected)

    code, output = told(Choices(planted=[*PLANTED, false]))

    assert code == 1, output
    assert "no browser found" in output
    assert "in 1 point(s)" in output
    assert "kim-captioned on forum" in output


@pytest.mark.skipif(sys.platform != "linux", reason="asks /proc which processes the demo started")
def test_a_demo_that_is_stopped_leaves_no_crawler_and_no_data(tmp_path: Path) -> None:
    environ = {**os.environ, "TMPDIR": str(tmp_path), "WATCHLIGHT_CHROMIUM": "off", "PYTHONUNBUFFERED": "1"}
    command = [sys.executable, "-m", "portal.cli", "demo", "--no-get-browser"]
    with subprocess.Popen(command, env=environ, stdout=subprocess.PIPE, text=True) as process:
        while not (crawlers := crawlers_of(process.pid)):
            assert process.poll() is None, "it ended before it crawled"
            time.sleep(0.05)
        time.sleep(1)
        process.terminate()
        process.communicate(timeout=120)

    assert process.returncode == 128 + signal.SIGTERM
    assert [pid for pid in crawlers if Path(f"/proc/{pid}").exists()] == []
    assert list(tmp_path.glob("watchlight-demo-*")) == []


@pytest.mark.postgres
def test_the_whole_road_runs_on_postgresql_and_empties_it_again(postgres_server: str) -> None:
    urls = [fresh(postgres_server) for _ in range(2)]

    code, output = told(Choices(crawl_url=urls[0], registry_url=urls[1], get_browser=False))

    assert code == 0, output
    assert [sa.inspect(sa.create_engine(url)).get_table_names() for url in urls] == [[], []]


def test_a_database_in_use_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    file = tmp_path / "registry.sqlite3"
    with sqlite3.connect(file) as connection:
        connection.execute("CREATE TABLE people (id INTEGER)")

    done = CliRunner().invoke(build(), ["demo", "--registry-database-url", f"sqlite:///{file}"])

    assert done.exit_code == 2
    assert "empty" in done.output
    assert sa.inspect(sa.create_engine(f"sqlite:///{file}")).get_table_names() == ["people"]


def test_one_database_for_both_stores_is_refused(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'both.sqlite3'}"

    with (
        pytest.raises(DatabaseInUseError, match="two databases"),
        set_up(crawl_url=url, registry_url=url, keep=False),
    ):
        pass


def test_a_real_watchlight_on_this_machine_is_not_touched(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HOME", "SMTP_URL", "REGISTRY_KEY", "REGISTRY_DATABASE_URL"):
        monkeypatch.setenv(f"WATCHLIGHT_{name}", "of the real one")

    with set_up(crawl_url=None, registry_url=None, keep=False) as stage:
        ours = {name: value for name, value in stage.environ.items() if name.startswith("WATCHLIGHT_")}

    assert "of the real one" not in ours.values()
    assert re.search("watchlight-demo-", ours["WATCHLIGHT_HOME"])
    assert not stage.home.exists()


def fresh(maintenance: str) -> str:
    """Make an empty PostgreSQL database and return its address."""
    name = f"demo_{uuid.uuid4().hex[:10]}"
    with psycopg.connect(maintenance, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"')  # a name of our own making
    url = sa.make_url(maintenance).set(drivername="postgresql+psycopg", database=name)
    return url.render_as_string(hide_password=False)


def crawlers_of(parent: int) -> list[int]:
    """Return the crawling processes that a process started."""
    pids = [int(pid) for pid in Path(f"/proc/{parent}/task/{parent}/children").read_text().split()]
    return [pid for pid in pids if b"\0crawler\0" in command_of(pid)]


def command_of(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""
