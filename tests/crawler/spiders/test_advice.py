"""Every reason that a reader of places gives has a sentence for people."""

import re
from pathlib import Path

from crawler import advice

CLONE = Path(__file__).resolve().parents[3]
RAISED = re.compile(r"Unreadable\(\s*\"([a-z-]+)\"")


def test_every_named_refusal_of_a_reader_says_what_to_do():
    files = [*(CLONE / "crawler/places").glob("*.py"), *(CLONE / "crawler/images").glob("*.py")]
    raised = {reason for file in files for reason in RAISED.findall(file.read_text())}
    assert len(raised) > 10
    assert [reason for reason in sorted(raised) if len(advice.about(reason)) < 40] == []


def test_what_explains_itself_has_no_sentence():
    assert advice.about("http-404") == ""
