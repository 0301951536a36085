"""Site owners are told who visited and how to keep it away, without signing in, in both languages."""

import re
from pathlib import Path

from protego import Protego

from crawler.rules import TOKEN
from portal.web.language import languages
from tests.portal.served import Portal

DOC = Path(__file__).parents[2] / "docs" / "about-the-crawler.md"


def test_anybody_may_read_about_the_crawler_in_korean_and_english(portal: Portal) -> None:
    client = portal.client()

    english = client.get("/crawler", headers={"accept-language": "en"}).text
    korean = client.get("/crawler", headers={"accept-language": "ko"}).text

    assert "How to keep it away" in english
    assert "오지 않게 하려면" in korean


def test_the_lines_it_gives_for_robots_txt_keep_us_away(portal: Portal) -> None:
    page = portal.client().get("/crawler").text

    lines = re.search(r"<pre>(.*?)</pre>", page, re.DOTALL)

    assert lines is not None
    assert not Protego.parse(lines[1]).can_fetch("https://board.example/any", TOKEN)


def test_the_page_and_the_docs_say_the_same() -> None:
    doc = DOC.read_text(encoding="utf-8")
    for words in languages().values():
        for key, text in words.texts.items():
            if key.startswith("about_crawler.") and "contact" not in key and not key.endswith(".title"):
                assert text in doc, (words.language, key)
