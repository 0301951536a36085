"""Write every notice in every language and every form, and print how complete each is and how long a PDF takes."""

import argparse
import time
from datetime import UTC, datetime
from pathlib import Path

from alerts.notices.mailed import eml
from alerts.notices.offered import types
from alerts.notices.printed import pdf
from alerts.notices.tabled import example, rows
from alerts.notices.xarf import as_bytes, xarf


def main() -> None:
    """Print the completeness table; with --out also write the files."""
    parser = argparse.ArgumentParser(prog="benchmarks notices", description=__doc__)
    parser.add_argument("--out", type=Path, help="write each letter as .txt, .pdf, .eml and .json into this folder")
    parser.add_argument("--day", default="2026-11-23", help="the day the letters are written on")
    asked = parser.parse_args()
    now = datetime.fromisoformat(asked.day).replace(hour=12, tzinfo=UTC)
    table = list(rows(now))
    for row in table:
        print(row.line())
    letters = [row for row in table if row.trouble != "card"]
    print(
        f"{len(letters)} letters ({sum(row.complete for row in letters)} complete), {len(table) - len(letters)} cards"
    )
    spent = sorted(
        _write(each.id, language, now, asked.out) for each in types(now.date()) for language in each.languages
    )
    print(f"PDF: median {spent[len(spent) // 2] * 1000:.0f} ms, slowest {spent[-1] * 1000:.0f} ms, {len(spent)} drawn")


def _write(type: str, language: str, now: datetime, out: Path | None) -> float:
    """Make all forms of one letter and return how long its PDF took, in seconds."""
    notice = example(type, language, now)
    start = time.perf_counter()
    drawn = pdf(notice.sheet, notice.reference, now)
    spent = time.perf_counter() - start
    reply = "case-abcdefghijklmnop@relay.example"
    pages = (notice.values.get("content_urls") or notice.values["archive_urls"],)
    report = as_bytes(xarf(pages, notice.reference, notice.desk, reply, now, language))
    mail = eml(notice.subject, notice.body, language, notice.desk, reply, now)
    if out is not None:
        out.mkdir(parents=True, exist_ok=True)
        for ending, content in (("txt", notice.text.encode()), ("pdf", drawn), ("eml", mail), ("json", report)):
            (out / f"{type}.{language}.{ending}").write_bytes(content)
    return spent


main()
