"""Alerts to somebody the person trusts and wants told first: a mail that says only that there is news."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from alerts.channels import smtp
from alerts.errors import DeliveryFailed
from alerts.message import Outgoing, mail, supporter_body
from alerts.notices.facts import facts
from alerts.rhythm import SUPPORTER


@dataclass(frozen=True)
class SupporterChannel:
    """Alerts by mail to a supporter or a centre, through the same server as all mail."""

    mails: smtp.SmtpChannel
    name: str = SUPPORTER

    def send(self, outgoing: Outgoing) -> None:
        """Hand one mail over; raises DeliveryFailed like any mail, finally where there is no supporter any more."""
        if not outgoing.reader.supporter_email:
            raise DeliveryFailed("no-supporter", final=True)
        recipient = smtp.plain_address(outgoing.reader.supporter_email)
        text = supporter_body(outgoing, facts(datetime.now(UTC).date()))
        self.mails.deliver(mail(outgoing, self.mails.sender, recipient, text), recipient)


def channel(environ: Mapping[str, str]) -> SupporterChannel | None:
    """Return the channel, or None where no mail is set up."""
    mails = smtp.channel(environ)
    return None if mails is None else SupporterChannel(mails)
