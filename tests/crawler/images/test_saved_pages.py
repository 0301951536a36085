"""Every place in docs/reference/places.md has a saved page, and on every saved page everything is seen."""

import json
import re
from pathlib import Path

import pytest

from tests.pages.reading import INPUT, folders, read

CLONE = Path(__file__).resolve().parents[3]
PLACES = CLONE / "docs" / "reference" / "places.md"
MUST = re.compile(r"see-[A-Za-z0-9_-]+")
MUST_NOT = re.compile(r"skip[-.\w]*")


@pytest.mark.parametrize("folder", folders(), ids=lambda folder: folder.name)
def test_a_saved_page_is_seen_as_expected(folder):
    expected = json.loads((folder / "expected.json").read_text())

    seen = read((folder / expected["file"]).read_bytes(), expected)

    assert seen == {name: value for name, value in expected.items() if name not in INPUT}


@pytest.mark.parametrize("folder", folders(), ids=lambda folder: folder.name)
def test_what_a_page_says_must_be_seen_is_seen_and_nothing_else(folder):
    """expected.json could be wrong; the names inside the input cannot."""
    expected = json.loads((folder / "expected.json").read_text())
    data = (folder / expected["file"]).read_bytes()

    seen = json.dumps(read(data, expected))

    assert [name for name in MUST.findall(data.decode("utf-8", "replace")) if name not in seen] == []
    assert MUST_NOT.findall(seen) == []


def test_the_table_of_places_and_the_saved_pages_name_each_other():
    named = set(re.findall(r"`tests/pages/([a-z0-9-]+)`", PLACES.read_text()))

    assert named == {folder.name for folder in folders()}
