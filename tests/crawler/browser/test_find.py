"""A Chromium is found where it is named, or it is said plainly that there is none and what that costs."""

from pathlib import Path

from crawler.browser import find_chromium, get_chromium


def executable(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("#!/bin/sh\n")
    path.chmod(0o755)
    return path


def test_the_named_chromium_is_the_one(tmp_path):
    named = executable(tmp_path / "mine")

    assert find_chromium({"WATCHLIGHT_CHROMIUM": str(named), "PATH": "/usr/bin"}) == named


def test_off_means_none_and_the_sentence_says_what_that_costs():
    assert find_chromium({"WATCHLIGHT_CHROMIUM": "off", "PATH": "/usr/bin"}) is None
    obtained = get_chromium({"WATCHLIGHT_CHROMIUM": "off", "PATH": "/usr/bin"})
    assert obtained.path is None
    assert "JavaScript" in str(obtained)


def test_a_named_chromium_that_is_not_there_is_none(tmp_path):
    assert find_chromium({"WATCHLIGHT_CHROMIUM": str(tmp_path / "gone"), "PATH": "/usr/bin"}) is None


def test_the_path_and_playwrights_own_folder_are_searched(tmp_path):
    on_path = executable(tmp_path / "bin" / "chromium")
    assert find_chromium({"PATH": str(tmp_path / "bin"), "HOME": str(tmp_path)}) == on_path

    by_playwright = executable(tmp_path / "pw" / "chromium_headless_shell-9" / "chrome-linux" / "headless_shell")
    assert find_chromium({"PATH": "", "HOME": "/nowhere", "PLAYWRIGHT_BROWSERS_PATH": str(tmp_path / "pw")}) in (
        by_playwright,
        find_chromium({"PATH": "", "HOME": "/nowhere"}),
    )
