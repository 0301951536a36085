"""Documents are under test: what they point to is there."""

import re
from pathlib import Path

import pytest

HOUSE = Path(__file__).resolve().parents[1]
PAGES = sorted([*HOUSE.glob("*.md"), *HOUSE.glob("docs/**/*.md")])
LINK = re.compile(r"\]\((?!https?:|mailto:|#)([^)#\s]+)")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(HOUSE)))
def test_every_relative_link_of_a_page_leads_somewhere(page):
    dead = [link for link in LINK.findall(page.read_text()) if not (page.parent / link).exists()]
    assert dead == []


def test_every_variable_the_code_reads_is_told_to_operators():
    told = set(re.findall(r"WATCHLIGHT_[A-Z_]+", (HOUSE / "docs/start/operator.md").read_text()))
    read = set()
    for package in ("alerts", "crawler", "egress", "matchers", "portal", "registry"):
        for file in (HOUSE / package).rglob("*.py"):
            read |= set(re.findall(r"[\"'](WATCHLIGHT_[A-Z_]+[A-Z])[\"']", file.read_text()))
    assert read - told == set()


def test_every_command_that_scripts_rely_on_is_there():
    from portal.cli import build

    app = build()
    there = {one.name for one in app.registered_commands} | {one.name for one in app.registered_groups}
    assert there >= {"demo", "run", "test", "doctor", "bench", "fingerprint", "enrol", "person", "consent", "target"}
    assert there >= {"crawl", "match", "exposures", "exposure", "notice", "recheck"}
