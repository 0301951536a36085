"""Paper: a Typst template and plain data become a PDF, Hangul and Japanese included, or a clear refusal.

Data reaches the template as JSON and stands in it as text; nothing in it is ever read as markup. The PDF is PDF/A-2u:
its text can be searched and copied, it asks nothing of the reader's machine, and a sign without a glyph is an error
here instead of an empty box there. The same input gives the same bytes.
"""

import json
import re
from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

from alerts.errors import NoPaper, Unprintable

if TYPE_CHECKING:
    import typst

FONTS = str(files("alerts") / "fonts")
# NanumSquare maps 4,620 Chinese characters to empty glyphs, so it may only be asked for what it really draws.
HANGUL = r"[\u{20}-\u{7e}\u{b7}\u{2010}-\u{2027}\u{3000}-\u{3003}\u{3008}-\u{3011}\u{3131}-\u{318e}\u{ac00}-\u{d7a3}]"
PREAMBLE = f"""
#let data = json(bytes(sys.inputs.data))
#let hangul = (name: "NanumSquare", covers: regex("{HANGUL}"))
#let fonts = if data.at("language", default: "en") == "ko" {{
  (hangul, "BIZ UDPGothic", "Libertinus Serif")
}} else {{
  ("BIZ UDPGothic", hangul, "Libertinus Serif")
}}
#set text(font: fonts, fallback: false, size: 10.5pt, lang: data.at("language", default: "en"))
#set page(paper: "a4", margin: (x: 2.2cm, y: 2.2cm))
#set par(leading: 0.75em)
"""
_NO_GLYPH = re.compile(r"the text `\"(.{1,40}?)\"` could not be displayed", re.DOTALL)


def render(template: str, data: Mapping[str, Any], *, at: datetime) -> bytes:
    """Return `template` (Typst, ours) filled with `data` (JSON values) as a PDF dated `at`.

    The template finds the data as `data` and the fonts set; `data["language"]` says which script comes first.
    Raises NoPaper when the `pdf` extra is not installed, Unprintable when a sign has no glyph in our fonts.
    """
    typst, fonts = _typst()
    try:
        return bytes(
            typst.compile(
                (PREAMBLE + template).encode(),
                font_paths=fonts,
                sys_inputs={"data": json.dumps(data, ensure_ascii=False, default=str)},
                format="pdf",
                pdf_standards=["a-2u"],
                timestamp=at.replace(microsecond=0),
            )
        )
    except typst.TypstError as error:
        named = _NO_GLYPH.search(str(error))
        if named is None:
            raise
        raise Unprintable(named.group(1)) from error


@lru_cache(maxsize=1)
def _typst() -> tuple[Any, "typst.Fonts"]:
    """Typst and its fonts, read once: the fonts of the system are left out, since papers must not differ by machine."""
    try:
        import typst
    except ImportError as error:
        raise NoPaper from error
    return typst, typst.Fonts(include_system_fonts=False, font_paths=[Path(FONTS)])
