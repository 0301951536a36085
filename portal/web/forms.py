"""Reading what was typed into a form."""

from typing import Annotated
from uuid import UUID

from fastapi import Depends, Request
from starlette.exceptions import HTTPException

LONGEST_FIELD = 4000


async def fields(request: Request) -> dict[str, str]:
    """Return the form's fields as untrusted text: the last of each name, without the token."""
    form = await request.form()
    return {
        name: value[:LONGEST_FIELD].strip()
        for name, value in form.items()
        if isinstance(value, str) and name != "token"
    }


Fields = Annotated[dict[str, str], Depends(fields)]


def known_id(untrusted_id: str) -> UUID:
    """Return the id in a path; anything else is a page that does not exist."""
    try:
        return UUID(untrusted_id)
    except ValueError as error:
        raise HTTPException(404) from error
