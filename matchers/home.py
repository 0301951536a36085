"""Where Watchlight keeps its data: the folder `WATCHLIGHT_HOME`, private to its owner."""

import os
from collections.abc import Mapping
from pathlib import Path


def home(environ: Mapping[str, str] = os.environ) -> Path:
    """Return the data folder, made with mode 0700: $WATCHLIGHT_HOME or ~/.local/share/watchlight."""
    chosen = environ.get("WATCHLIGHT_HOME")
    folder = Path(chosen).expanduser() if chosen else Path.home() / ".local" / "share" / "watchlight"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder


def sqlite_url(name: str, environ: Mapping[str, str] = os.environ) -> str:
    """Return the SQLAlchemy address of the embedded database `name` in the data folder."""
    return f"sqlite:///{home(environ) / name}.sqlite3"
