"""The published XARF 4 schemas, tied together from the files beside this one: nothing is fetched."""

import json
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator, FormatChecker
from referencing import Registry, Resource

FOLDER = Path(__file__).parent / "xarf"
PLACES = {
    "https://xarf.org/schemas/v4/xarf-core.json": "xarf-core.json",
    "https://xarf.org/schemas/v4/types/content-base.json": "content-base.json",
    "https://xarf.org/schemas/v4/types/content-exposed-data.json": "content-exposed-data.json",
}


def validator() -> Any:
    """Return the validator of a content/exposed_data report, formats checked."""
    schemas = {place: json.loads((FOLDER / name).read_text(encoding="utf-8")) for place, name in PLACES.items()}
    registry: Any = Registry().with_resources((place, Resource.from_contents(one)) for place, one in schemas.items())
    exposed = schemas["https://xarf.org/schemas/v4/types/content-exposed-data.json"]
    return Draft202012Validator(exposed, registry=registry, format_checker=FormatChecker())
