"""`watchlight evidence ...`: export an exposure's record for police or court, check a file, check the chain, keys."""

import os
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from portal.cli import say
from portal.cli.registry_door import opened

if TYPE_CHECKING:
    from alerts.evidence.verifying import Report
    from registry.transaction import Transaction

T = TypeVar("T")
group = typer.Typer(help="Evidence without images: export, verify, check, stamp, keys.", no_args_is_help=True)
Json = Annotated[bool, typer.Option("--json", help="One JSON object per line.")]


def add_to(app: typer.Typer) -> None:
    """Add the commands to `watchlight`."""
    app.add_typer(group, name="evidence")


@group.command()
def export(
    exposure: Annotated[str, typer.Argument(help="The exposure's id, or its first signs.")],
    out: Annotated[Path | None, typer.Option("--out", help="The JSON file; EXPOSURE.evidence.json otherwise.")] = None,
    pdf: Annotated[Path | None, typer.Option("--pdf", help="Write a PDF too, with its seal beside it.")] = None,
    lang: Annotated[str, typer.Option("--lang", help="Language of the PDF: ko or en.")] = "en",
    timestamp: Annotated[bool, typer.Option("--timestamp", help="Ask WATCHLIGHT_TSA_URL for a time stamp.")] = False,
    for_authority: Annotated[
        bool, typer.Option("--for-authority", help="Of somebody under age: put the addresses in, for the police.")
    ] = False,
) -> None:
    """Write the sealed record of one exposure to a file. Exporting is noted in the audit trail."""
    from alerts.evidence.exporting import body_of, sealed
    from portal.cli.exposures import chosen
    from registry import audit, people

    now = datetime.now(UTC)
    with opened() as registry, registry.transaction("cli") as tx:
        found = chosen(tx, exposure)
        shown = for_authority or not people.get(tx, found.person).minor
        body = body_of(tx, found, now, with_addresses=shown)
        file = out or Path(f"{str(found.id)[:8]}.evidence.json")
        written = {file: _or_fail(lambda: sealed(tx, body, "lines", _stamper() if timestamp else None))}
        if pdf is not None:
            written |= _paper(tx, body, pdf, lang, now)
        audit.append(tx, tx.actor, "evidence-exported", found.id)
    for path, content in written.items():
        _write(path, content)
        say.line(f"Written: {path}")
    if not shown:
        say.line("The addresses are withheld: this person is under age. --for-authority puts them in, for the police.")


@group.command()
def verify(
    file: Annotated[Path, typer.Argument(help="A JSON export, or a PDF with FILE.seal.json beside it.")],
    key: Annotated[
        list[str] | None, typer.Option("--key", help="A key id you trust; otherwise those of this house's registry.")
    ] = None,
    tsa_root: Annotated[
        list[Path] | None, typer.Option("--tsa-root", help="Certificates (PEM) of the time stamp authority.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Say whether a file is what was exported; name every changed byte. Exit code 1 when it is not."""
    from alerts.evidence.verifying import verify as check_file

    content, seal = _read(file), file.with_name(f"{file.name}.seal.json")
    beside = _read(seal) if content.startswith(b"%PDF") or seal.exists() else None
    report = check_file(content, key or _own_keys(), beside)
    stamps = _times(report, tsa_root or [])
    if as_json:
        found = [{"offset": each.offset, "length": each.length, "what": each.what} for each in report.changes]
        facts = {"records": report.records, "key": report.key, "time_stamps": stamps}
        say.json_line({"holds": report.holds, "changes": found, "problems": list(report.problems), **facts})
    else:
        _tell(report, stamps)
    if not report.holds:
        raise typer.Exit(say.FAILURE)


@group.command()
def check(as_json: Json = False) -> None:
    """Go through the whole chain of this house: links, signatures and every record that is still there."""
    from registry import evidence

    with opened() as registry, registry.reading() as tx:
        found, head = evidence.check(tx), evidence.head(tx)
    last = head.link.hex() if head else None
    if as_json:
        say.json_line({"links": found.links, "erased": found.erased, "head": last})
    else:
        say.line(f"The chain holds: {found.links} links, {found.erased} of them of people who were erased.")
        say.line(
            f"Its head: {last or '(empty)'}. Note it somewhere else: links cut off at the end leave no trace here."
        )


@group.command()
def stamp() -> None:
    """Have the head of the chain time-stamped (RFC 3161) by WATCHLIGHT_TSA_URL; exports then lead up to it."""
    from registry import evidence

    with opened() as registry:
        with registry.reading() as tx:
            head = evidence.head(tx)
        if head is None:
            say.fail("There is no evidence yet.")
        token = _or_fail(lambda: _stamper()(head.link))
        with registry.transaction("cli") as tx:
            evidence.keep_stamp(tx, head.position, token, tx.now())
    say.line(f"The chain is stamped up to link {head.position}.")


@group.command()
def keys(
    rotate: Annotated[bool, typer.Option("--rotate", help="Put a new key to work; the old one endorses it.")] = False,
    as_json: Json = False,
) -> None:
    """List the signing keys of this house, the one at work last. Publish their ids where people can find them."""
    from registry import audit, evidence_keys

    with opened() as registry, registry.transaction("cli") as tx:
        if rotate:
            from uuid import uuid4

            evidence_keys.rotate(tx)
            audit.append(tx, tx.actor, "evidence-key-rotated", uuid4())
        known = evidence_keys.keys(tx)
    for each in known:
        if as_json:
            say.json_line(
                {"id": each.id, "public": each.public.hex(), "since": each.created_at, "until": each.retired_at}
            )
        else:
            until = f"until {each.retired_at:%Y-%m-%d}" if each.retired_at else "at work"
            say.line(f"{each.id}  since {each.created_at:%Y-%m-%d}  {until}")
    if not known and not as_json:
        say.line("There is no key yet; the first record makes one.")


def _paper(tx: "Transaction", body: dict[str, object], pdf: Path, lang: str, now: datetime) -> dict[Path, bytes]:
    from alerts.evidence.exporting import seal_of, seal_text
    from alerts.evidence.printing import pdf as printed
    from registry import evidence_keys

    evidence_keys.sign(tx, b"")
    paper = _or_fail(lambda: printed(body, evidence_keys.keys(tx)[-1].id, lang, now))
    return {pdf: paper, pdf.with_name(f"{pdf.name}.seal.json"): seal_text(seal_of(tx, paper, "blocks"))}


def _stamper() -> "Callable[[bytes], bytes]":
    from alerts.evidence import timestamps

    url = _or_fail(lambda: timestamps.authority(os.environ))
    return lambda message: timestamps.stamp(message, url, os.environ)


def _or_fail(work: "Callable[[], T]") -> T:
    from alerts.errors import AlertsError

    try:
        return work()
    except AlertsError as error:
        say.fail(str(error), code=say.FAILURE)


def _own_keys() -> list[str]:
    from registry import evidence_keys

    with opened() as registry, registry.reading() as tx:
        return [each.id for each in evidence_keys.keys(tx)]


def _times(report: "Report", roots: list[Path]) -> list[str]:
    """Return in words what each time stamp says; one that does not hold is a failure."""
    from alerts.evidence.timestamps import time_of

    if not roots:
        return ["there, not checked: give --tsa-root"] * len(report.stamps)
    certificates = [_read(each) for each in roots]
    return [_or_fail(partial(time_of, *each, certificates)).isoformat() for each in report.stamps]


def _tell(report: "Report", stamps: list[str]) -> None:
    for change in report.changes:
        say.line(f"changed: {change.what} (byte {change.offset}, {change.length} long)")
    for problem in report.problems:
        say.line(f"problem: {problem}")
    for each in stamps:
        say.line(f"time stamp: {each}")
    if report.holds:
        records = f"{report.records} records, " if report.records else ""
        say.line(f"The file is whole: {records}sealed with key {report.key}.")
    elif not report.changes and any("vouches" in each for each in report.problems):
        say.line("Compare the key's id with the one the house publishes, then: --key ID")


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        say.fail(f"{path} cannot be read: {error.strerror}.")


def _write(path: Path, content: bytes) -> None:
    """Write a file only its owner may read: it holds addresses."""
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as out:
            out.write(content)
    except OSError as error:
        say.fail(f"{path} cannot be written: {error.strerror}.", code=say.FAILURE)
