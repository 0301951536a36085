"""How the demo speaks: steps with their time, a bar for the crawl, the mail, the letters, the last table."""

import io
import re
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from email.message import EmailMessage
from pathlib import Path

from rich.box import SIMPLE_HEAD
from rich.console import Console, Group
from rich.panel import Panel
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from crawler.run import Progress as Crawled
from portal.demo.cast import NAMES
from portal.demo.claims import Reality, Row
from portal.demo.mailbox import words_of
from portal.demo.planted import Expected

PLAIN_WIDTH = 132  # columns where there is no terminal to ask
COLOURS = {"found": "green", "silent": "cyan", "not looked at": "cyan"}


class Show:
    """Prints the story to a console and remembers how long each step took."""

    def __init__(self, console: Console | None = None, *, picture: Path | None = None) -> None:
        """Speak to this console, or to standard output; write the last table to `picture`, too (SVG)."""
        self.console = console or Console(highlight=False)
        self.picture = picture
        if not self.console.is_terminal:
            self.console.width = max(self.console.width, PLAIN_WIDTH)
        self.times: list[tuple[str, float]] = []

    @contextmanager
    def step(self, word: str, title: str) -> Iterator[None]:
        """Announce a step, and say at its end how long it took; `word` stands for it in the table of times."""
        self.console.print(f"\n[bold]{len(self.times) + 1}. {title}[/bold]")
        start = time.monotonic()
        yield
        self.times.append((word, time.monotonic() - start))
        self.console.print(f"   [dim]{self.times[-1][1]:.1f} s[/dim]")

    def line(self, words: str) -> None:
        """Print one line that belongs to the step; the words are plain, not markup."""
        self.console.print(Text("   " + words))

    @contextmanager
    def crawling(self) -> Iterator["CrawlBar"]:
        """Show the crawl as a bar on a terminal, as a line now and then elsewhere."""
        bar = CrawlBar(self)
        with bar.progress:
            yield bar

    def mail(self, mail: EmailMessage) -> None:
        """Show a mail as it was received."""
        head = "\n".join(f"{name}: {mail[name]}" for name in ("From", "To", "Subject", "Message-ID"))
        self.console.print(Panel(Text(f"{head}\n\n{words_of(mail).strip()}"), title="a mail, as received", width=100))

    def letter(self, language: str, subject: str, body: str) -> None:
        """Show a drafted notice."""
        title = {"ko": "통지서 초안 (kr_tba_22_5, 한국어)", "en": "draft notice (kr_tba_22_5, English)"}[language]
        self.console.print(Panel(Text(f"{subject}\n\n{body.strip()}"), title=title, width=100))

    def result(self, rows: Sequence[Row], reality: Reality, pictures: int, wrong: Sequence[str]) -> None:
        """Show what became of all that was planted, the refusals, the closed sites, the times, the verdict."""
        ending = Group(
            planted_table(rows),
            *summary(rows, reality, pictures),
            refusal_table(reality),
            time_table(self.times),
            *verdict(wrong),
        )
        self.console.print()
        self.console.print(ending)
        if self.picture is not None:
            self.picture.write_text(_drawn(ending), encoding="utf-8")


class CrawlBar:
    """Progress of the crawl: pages done of those known, pictures, refusals."""

    EVERY_S = 4.0

    def __init__(self, show: Show) -> None:
        """Prepare a bar for the show's console."""
        self.show = show
        self.last = time.monotonic()
        columns = (SpinnerColumn(), TextColumn("   {task.description}"), BarColumn(30), TimeElapsedColumn())
        self.progress = Progress(*columns, console=show.console, disable=not show.console.is_terminal)
        self.task = self.progress.add_task("starting", total=None)

    def update(self, now: Crawled) -> None:
        """Show how far the crawl is."""
        refused = sum(now.refusals.values())
        words = f"{now.pages_done} pages, {now.pages_waiting} waiting, {now.pictures} pictures, {refused} refused"
        known = now.pages_done + now.pages_waiting
        self.progress.update(self.task, description=words, completed=now.pages_done, total=known or None)
        if self.progress.disable and time.monotonic() - self.last > self.EVERY_S:
            self.last = time.monotonic()
            self.show.line(words)


def planted_table(rows: Sequence[Row]) -> Table:
    """Return the table of everything planted."""
    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    table.add_column("photo of", no_wrap=True)
    table.add_column("what was done to it")
    table.add_column("where it lay")
    table.add_column("result", no_wrap=True)
    table.add_column("as", no_wrap=True)
    table.add_column("bits", justify="right")
    table.add_column("found on, or why not", overflow="fold")
    for row in rows:
        result = Text(row.result, style=COLOURS[row.result] if row.agrees else "bold red")
        kind = row.exposed.kind if row.exposed else ""
        bits = "" if row.distance is None else str(row.distance)
        where = f"{row.exposed.site} {row.exposed.page}" if row.exposed else ""
        words = "; ".join(part for part in (where, row.why) if part)
        plant = row.planted
        cells = (NAMES[plant.person].split(" (")[0], plant.words, f"{plant.site}, {plant.hidden_as}")
        table.add_row(*cells, result, kind, bits, words)
    return table


def summary(rows: Sequence[Row], reality: Reality, pictures: int) -> Iterator[Text]:
    """Yield the sentences under the table."""
    copies = [row for row in rows if row.planted.expected is Expected.FOUND]
    found = sum(row.result == "found" for row in rows)
    unseen = sum(row.result == "not looked at" for row in copies)
    yield Text(
        f"{found} of {len(copies)} copies found among {pictures} pictures on {len(reality.visits)} sites"
        + (f", {unseen} on a page that needs a browser not looked at: no browser found" if unseen else "")
        + "."
    )
    yield Text("Bits: how many of 256 differ from the enrolled photo; unrelated pictures differ in about 100 to 128.")
    for site, why in (
        ("closed", "robots.txt says no"),
        ("doubtful", "robots.txt answers 503: nobody said yes"),
    ):
        asked = reality.visits.get(site, [])
        yield Text(f"The {site} site ({why}) was asked for: {', '.join(sorted(set(asked))) or 'nothing'}.")
    kept = "; ".join(reality.leftovers) or "none"
    yield Text(f"Mails received: {len(reality.mails)}. Picture files or parts of them kept on disk: {kept}.")


def verdict(wrong: Sequence[str]) -> Iterator[Text]:
    """Yield whether reality agrees with the claims, naming every disagreement."""
    if not wrong:
        yield Text("Reality agrees with everything this demo claims.", style="bold green")
        return
    yield Text(f"Reality disagrees with this demo in {len(wrong)} point(s):", style="bold red")
    for line in wrong:
        yield Text(f" - {line}", style="red")


def refusal_table(reality: Reality) -> Table:
    """Return what the crawler refused, by target and reason."""
    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    table.add_column("target")
    table.add_column("what the crawler refused there, and went on")
    for target, reasons in reality.refusals.items():
        if reasons:
            table.add_row(target, ", ".join(f"{reason} {count}" for reason, count in sorted(reasons.items())))
    return table


def time_table(times: Sequence[tuple[str, float]]) -> Table:
    """Return how long each step took."""
    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    table.add_column("seconds")
    for word, _ in times:
        table.add_column(word, justify="right")
    table.add_column("all together", justify="right")
    table.add_row("", *(f"{seconds:.1f}" for _, seconds in times), f"{sum(took for _, took in times):.1f}")
    return table


def _drawn(ending: Group) -> str:
    paper = Console(record=True, width=PLAIN_WIDTH, file=io.StringIO(), highlight=False, force_terminal=True)
    paper.print(ending)
    # Rich names fonts on another site; a picture in our papers asks nobody for anything.
    return re.sub(r"@font-face \{.*?\}", "", paper.export_svg(title="watchlight demo"), flags=re.DOTALL)
