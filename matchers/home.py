"""Where Watchlight keeps its data: the folder `WATCHLIGHT_HOME`, private to its owner."""

import os
from collections.abc import Mapping
from pathlib import Path


def home(environ: Mapping[str, str] = os.environ) -> Path:
    """Return the data folder, made with mode 0700: $WATCHLIGHT_HOME or ~/.local/share/watchlight."""
    folder = _home(environ)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder


def _home(environ: Mapping[str, str]) -> Path:
    chosen = environ.get("WATCHLIGHT_HOME")
    return Path(chosen).expanduser() if chosen else Path.home() / ".local" / "share" / "watchlight"


def machine_code(environ: Mapping[str, str] = os.environ) -> Path | None:
    """Return the folder for machine code that cannot lie beside its source, made by nobody yet; None without a home.

    $NUMBA_CACHE_DIR chooses another. No person's data is in it: it may be deleted at any time.
    """
    chosen = environ.get("NUMBA_CACHE_DIR")
    if chosen:
        return Path(chosen)
    try:
        return _home(environ) / "machine-code"
    except RuntimeError:  # a user that the system does not know
        return None


def sqlite_url(name: str, environ: Mapping[str, str] = os.environ) -> str:
    """Return the SQLAlchemy address of the embedded database `name` in the data folder."""
    return f"sqlite:///{home(environ) / name}.sqlite3"
