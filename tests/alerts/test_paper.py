"""Paper: what stands in the data is drawn as text, in Hangul and kanji too, or the PDF is refused."""

from datetime import UTC, datetime
from io import BytesIO

import pytest

from alerts.errors import Unprintable
from alerts.paper import render
from tests.alerts.pdf import text_of

AT = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
LINES = "#for line in data.lines [#line #parbreak()]"


def page(*lines: str, language: str = "ko") -> bytes:
    return render(LINES, {"lines": lines, "language": language}, at=AT)


@pytest.mark.parametrize(
    ("language", "line"),
    [
        ("ko", "불법촬영물등 유통 신고·삭제요청서 뷁 똠방각하"),
        ("ja", "私事性的画像記録 送信防止措置の申出"),
        ("de", "Löschung und Widerspruch: große Übel, Straße"),
        ("fr", "Effacement à l’avenir, données concernées : œuvre"),
        ("es", "Supresión y oposición, ¿qué ocurrió?"),
        ("en", "Kim Seo-yeon 金 김서연"),
    ],
)
def test_every_language_of_the_letters_can_be_drawn_and_copied(language, line):
    assert line.replace(" ", "") in text_of(page(line, language=language)).replace(" ", "")


def test_typst_markup_in_the_data_is_text():
    hostile = '#import "@preview/x:1.0.0": * #read("/etc/passwd") $x^2$ *bold* = Heading @ref <label> \\ //'
    assert "#read(" in text_of(page(hostile))


def test_the_same_data_gives_the_same_bytes():
    assert page("가나다") == page("가나다")


@pytest.mark.parametrize("sign", ["\u1234", "\U0001f600", "\u0e01"])
def test_a_sign_without_a_glyph_is_refused_by_name_instead_of_drawn_as_a_hole(sign):
    with pytest.raises(Unprintable, match=r"text or the mail draft") as refused:
        page(f"가 {sign} 나")
    assert sign in refused.value.signs


def test_chinese_characters_are_never_drawn_with_the_empty_glyphs_of_the_hangul_font():
    assert b"BIZ" in page("日本語")
    with pytest.raises(Unprintable):
        page("龘")


def test_it_is_a_pdf_of_a_page():
    made = page("가")
    assert made.startswith(b"%PDF-1.")
    assert BytesIO(made).getbuffer().nbytes < 100_000
