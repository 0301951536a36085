"""From a template and its values to an answer. An undefined value is an error, never an empty place."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_time
from fastapi import Request
from fastapi.responses import HTMLResponse, RedirectResponse
from jinja2 import Environment, PackageLoader, StrictUndefined

from portal.web.access import Visitor, house, visitor_of
from portal.web.language import languages

ENVIRONMENT = Environment(
    loader=PackageLoader("portal.web", "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)

# Where finds and letters are, for the pages that a person and a centre share; a centre's rooms give their own.
OWN_PATHS = {"finds_path": "/me/found", "letters_path": "/me/letters", "frame": "layout.html"}


def page(request: Request, template: str, *, status: int = 200, **values: Any) -> HTMLResponse:
    """Return the page of `template` in the visitor's language."""
    visitor = visitor_of(request)
    text = ENVIRONMENT.get_template(template).render(
        t=visitor.words,
        visitor=visitor,
        languages=languages(),
        here=request.url.path,
        when=lambda moment: when(moment, visitor),
        settings=house(request).settings,
        **{**OWN_PATHS, **values},
    )
    return HTMLResponse(text, status_code=status)


def when(moment: datetime, visitor: Visitor) -> str:
    """Return a time in words of the visitor's language, in their time zone."""
    there = moment.astimezone(ZoneInfo(visitor.person.timezone if visitor.person else "UTC"))
    language = visitor.words.language
    return f"{format_date(there, 'medium', locale=language)} {format_time(there, 'short', locale=language)}"


def go(path: str) -> RedirectResponse:
    """Send the browser on to one of our own pages, after something was done."""
    return RedirectResponse(path, status_code=303)
