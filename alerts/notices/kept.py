"""Letters that are kept with their exposure: what a new one may know of the past, and its other forms later."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from alerts.contacts import Desk, platform_of, whom_to_write_to
from alerts.lookup import remembered
from alerts.notices.drafting import Notice
from alerts.notices.facts import facts
from alerts.notices.mailed import eml
from alerts.notices.printed import pdf
from alerts.notices.records import Past, Sent
from alerts.notices.sheet import from_json
from alerts.notices.xarf import as_bytes, xarf
from registry import cases, relay
from registry.transaction import Transaction

READ_BY_MACHINE = ("cdn_host_abuse", "registrar_abuse")  # desks of these get the report with the mail


@dataclass(frozen=True)
class Forms:
    """The other forms of one kept letter."""

    letter: cases.Notice
    desk: Desk

    def pdf(self) -> bytes:
        """Return the letter as a PDF. Raises NoPaper or Unprintable."""
        paper = _paper(self.letter)
        return pdf(from_json(paper["sheet"]), str(paper["reference"]), self.letter.created_at)

    def eml(self) -> bytes:
        """Return the letter as an unsent mail draft."""
        paper = _paper(self.letter)
        report = self.xarf() if self.letter.type in READ_BY_MACHINE and paper["reply_to"] else None
        return eml(
            self.letter.subject or "",
            self.letter.text,
            self.letter.language,
            self.desk,
            paper["reply_to"],
            self.letter.created_at,
            report,
        )

    def xarf(self) -> bytes:
        """Return the machine-readable report. Raises BadValue without a mail address to answer to."""
        paper = _paper(self.letter)
        pages = tuple(paper["pages"])
        made = xarf(
            pages, paper["reference"], self.desk, paper["reply_to"] or "", self.letter.created_at, self.letter.language
        )
        return as_bytes(made)


def past(tx: Transaction, exposure: cases.Exposure) -> Past:
    """Return what was sent about an exposure, and when it was last looked at."""
    sent = [
        Sent(letter.sent_at, letter.recipient or "", letter.type)
        for letter in cases.notices(tx, exposure)
        if letter.sent_at is not None
    ]
    looked = cases.verdicts(tx, exposure)
    return Past(tuple(sorted(sent, key=lambda each: each.at)), looked[-1].at if looked else None)


def reply_address(tx: Transaction, exposure: cases.Exposure, environ: Mapping[str, str]) -> str | None:
    """Return the reply address of this case, None when the operator has set no relay domain."""
    domain = environ.get(relay.SETTING, "").strip()
    return relay.address(tx, exposure.id, domain) if domain else None


def keep(tx: Transaction, exposure: cases.Exposure, notice: Notice) -> cases.Notice:
    """Keep a drafted letter with what its other forms are made from; everything of it is sealed."""
    paper = {
        "sheet": notice.sheet.as_json(),
        "reference": notice.reference,
        "preview": [vars(each) for each in notice.preview],
        "check": notice.check.as_json(),
        "reply_to": _reply_to(notice),
        "pages": notice.values.get("content_urls", notice.values.get("archive_urls", "")).split("\n"),
    }
    return cases.save_notice(
        tx,
        exposure,
        notice.type,
        notice.language,
        notice.body,
        subject=notice.subject,
        recipient=notice.desk.name,
        paper=paper,
    )


def desk_of(tx: Transaction, about: cases.Exposure, notice_type: str) -> Desk:
    """Return who should get a letter of this type about an exposure: from the directory and from what was looked up."""
    now = datetime.now(UTC)
    known = facts(now.date())
    host, _ = platform_of(about.page_url, known)
    return whom_to_write_to(about.page_url, notice_type, known, remembered.about(tx, host, now))


def has_forms(letter: cases.Notice) -> bool:
    """Say whether a kept letter can be had as PDF, mail draft and report: letters of older versions cannot."""
    return letter.paper is not None


def _reply_to(notice: Notice) -> str | None:
    address = notice.values.get("requester_email") or notice.values.get("reply_channel")
    return address if address and "@" in address else None


def _paper(letter: cases.Notice) -> dict[str, Any]:
    assert letter.paper is not None
    return letter.paper
