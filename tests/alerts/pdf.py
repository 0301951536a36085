"""Reads our PDFs back: the text a reader can copy, page by page."""

from io import BytesIO

from pypdf import PdfReader


def text_of(pdf: bytes) -> str:
    """Return the text of all pages, lines as they stand."""
    return "\n".join(page.extract_text() for page in PdfReader(BytesIO(pdf)).pages)
