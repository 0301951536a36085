"""The words: every language has all of them, with the same places to fill in, and every page's words are there."""

import re
import string
from importlib.resources import files
from pathlib import Path

import pytest

from alerts.contacts import NOT_LOOKED_UP
from alerts.tracking import ACTIONS, LETTER_STATES
from alerts.verdict import OUTCOMES
from portal.web.language import choose, languages
from portal.web.pages import ENVIRONMENT
from portal.web.person.finds import KINDS, SURE
from portal.web.person.home import COUNTED
from portal.web.person.photos import STATES, TRIALS
from portal.web.trouble import SAID
from registry.cases import REPLY_KINDS
from registry.cases import STATES as EXPOSURE_STATES

WEB = Path(str(files("portal.web")))


def places(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def test_every_language_has_every_key_with_the_same_places() -> None:
    english = languages()["en"].texts
    for code, words in languages().items():
        assert words.texts.keys() == english.keys(), code
        for key, text in words.texts.items():
            assert text.strip(), (code, key)
            assert places(text) == places(english[key]), (code, key)


def test_there_is_korean_and_english() -> None:
    assert set(languages()) == {"en", "ko"}
    assert languages()["ko"]("language.name") == "한국어"


def used_keys() -> set[str]:
    """Return every key that a template or a module asks for, with a dot at the end where the rest is computed."""
    found: set[str] = set()
    for file in (*WEB.rglob("*.html"), *WEB.rglob("*.py")):
        text = file.read_text(encoding="utf-8")
        found |= set(re.findall(r"""(?:\bt|words|t\.count|t\.has)\(f?["']([a-z_.]+)""", text))
    return found


def test_every_key_that_is_asked_for_exists() -> None:
    known = languages()["en"].texts
    for key in used_keys():
        assert any(each == key or each.startswith(key if key.endswith(".") else f"{key}.") for each in known), key


def test_no_words_are_left_over() -> None:
    used = used_keys()
    computed = tuple(key for key in used if key.endswith("."))
    left = [
        key
        for key in languages()["en"].texts
        if key not in used and key.rpartition(".")[0] not in used and not key.startswith(computed)
    ]

    assert left == []


@pytest.mark.parametrize("code", ["en", "ko"])
def test_every_computed_key_has_its_words(code: str) -> None:
    words = languages()[code]
    wanted = [f"add.state.{state}" for state in STATES] + [f"add.trial.{name}" for name in TRIALS]
    wanted += [f"found.kind.{kind}" for kind in KINDS] + [f"found.sure.{sure}" for _, sure in SURE]
    wanted += [f"found.state.{state}" for state in EXPOSURE_STATES]
    wanted += [f"home.{kind}.{number}" for kind in (*COUNTED.values(), "photos") for number in ("one", "many")]
    wanted += [f"error.{what}{part}" for _, what in SAID.values() for part in ("", "_heading")]
    wanted += [f"error.{what}{part}" for what in ("bad", "broken", "not_found") for part in ("", "_heading")]
    wanted += [f"steps.action.{action}" for action in ACTIONS] + [f"steps.letter.{state}" for state in LETTER_STATES]
    wanted += [f"answer.kind.{kind}" for kind in REPLY_KINDS] + [f"one.verdict.{outcome}" for outcome in OUTCOMES]
    wanted += [f"write.reveals.{level}" for level in ("none", "low", "medium", "high")]

    wanted += [f"write.door.{certainty}" for certainty in "HM"]
    wanted += [f"write.not_known.{way.replace('.', '-')}" for way in NOT_LOOKED_UP]

    assert [key for key in wanted if not words.has(key)] == []


def test_every_template_can_be_read() -> None:
    for name in ENVIRONMENT.list_templates():
        ENVIRONMENT.get_template(name)


def test_no_template_has_inline_script_or_style() -> None:
    for file in WEB.rglob("*.html"):
        text = file.read_text(encoding="utf-8")
        assert not re.search(r"""\son[a-z]+=|\sstyle=|<style|javascript:|\|\s*safe""", text), file.name
        assert all("src=" in tag for tag in re.findall(r"<script[^>]*>", text)), file.name


@pytest.mark.parametrize(
    ("accept", "language"),
    [
        ("ko-KR,ko;q=0.9,en;q=0.8", "ko"),
        ("en;q=0.2, ko;q=0.9", "ko"),
        ("fr, de;q=0.9", "en"),
        ("ko;q=0, en", "en"),
        ("ko;q=abc, en;q=0.1", "en"),
        ("", "en"),
        (";;;,,,q=", "en"),
    ],
)
def test_the_browsers_wishes_are_read_as_they_are_meant(accept: str, language: str) -> None:
    assert choose(None, None, accept) == language
