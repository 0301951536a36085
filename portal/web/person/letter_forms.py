"""A kept letter in its other forms: PDF, unsent mail draft, machine-readable report; and what the page says of it."""

from importlib.util import find_spec
from typing import Any

from fastapi import Request, Response
from starlette.exceptions import HTTPException

from alerts.contacts import Desk
from alerts.errors import AlertsError
from alerts.notices import kept
from alerts.notices.offered import types
from portal.web.access import Role, door, house, visitor_of
from portal.web.language import Words
from portal.web.person.finds import letter_of, refuse_minor
from portal.web.rooms import room
from registry import audit, cases

router = room()

# What may be downloaded: the file's name says nothing about what it is about.
FILES = {
    "letter.pdf": ("application/pdf", kept.Forms.pdf),
    "letter.eml": ("message/rfc822", kept.Forms.eml),
    "report.json": ("application/json", kept.Forms.xarf),
}


@router.get("/me/letters/{letter}/{file}")
@door(Role.PERSON)
def download(request: Request, letter: str, file: str) -> Response:
    """Give one form of a letter as a file; that it was taken is noted in the audit trail."""
    visitor = visitor_of(request)
    refuse_minor(visitor)
    if file not in FILES:
        raise HTTPException(404)
    with house(request).registry.transaction(str(visitor.someone.id)) as tx:
        mine, about = letter_of(tx, visitor, letter, house(request).settings)
        desk = kept.desk_of(tx, about, mine.type)
        audit.append(tx, visitor.someone.id, "letter-downloaded", mine.id)
    return as_file(mine, desk, file)


def as_file(letter: cases.Notice, desk: Desk, file: str) -> Response:
    """Return one of FILES of a letter; 404 where a letter of an older version has none."""
    if not kept.has_forms(letter):
        raise HTTPException(404)
    kind, make = FILES[file]
    try:
        content = make(kept.Forms(letter, desk))
    except AlertsError as error:
        raise HTTPException(409) from error
    return Response(content, media_type=kind, headers={"Content-Disposition": f'attachment; filename="{file}"'})


def shown(letter: cases.Notice, words: Words) -> dict[str, Any]:
    """Return what the letter's page says besides its text; nothing for letters of older versions."""
    paper = letter.paper or {}
    send_in = next((each.send_in for each in types() if each.id == letter.type), ())
    reading = letter.language not in send_in
    barred = [each["words"] for each in paper.get("check", {}).get("must_not", ()) if not each["found_in"]]
    return {
        "preview": paper.get("preview"),
        "check": paper.get("check"),
        "barred": ", ".join(barred),
        "for_reading": ", ".join(words(f"write.languages.{each}") for each in send_in) if reading else "",
        "forms": {"pdf": find_spec("typst") is not None, "report": paper["reply_to"] is not None} if paper else None,
    }
