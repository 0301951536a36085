"""Targets as a TOML file: to review them in a text editor, keep them in version control, carry them elsewhere."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from crawler.targets.model import CrawlTarget


def write_toml(path: Path, targets: Iterable[CrawlTarget]) -> None:
    """Write targets so that read_toml gives the same ones back."""
    path.write_text(to_toml(targets), encoding="utf-8")


def to_toml(targets: Iterable[CrawlTarget]) -> str:
    """Return the targets as TOML, fields that have their usual value left out."""
    usual = CrawlTarget(name="usual", urls=("https://example.com/",)).to_dict()
    tables = []
    for target in targets:
        fields = target.to_dict()
        lines = [
            f"{name} = {_value(value)}"
            for name, value in fields.items()
            if name in ("name", "urls", "kind") or value != usual[name]
        ]
        tables.append("\n".join(["[[target]]", *lines]))
    return "\n\n".join(tables) + "\n"


def _value(value: Any) -> str:
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{_value(key)} = {_value(item)}" for key, item in value.items()) + " }"
    if isinstance(value, list):
        return "[" + ", ".join(_value(item) for item in value) + "]"
    if isinstance(value, str):
        # A TOML basic string escapes like JSON does, and also wants U+007F escaped.
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007F")
    return json.dumps(value)
