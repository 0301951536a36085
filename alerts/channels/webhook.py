"""Alerts to a machine of the person's choice: ids and counts, signed, to a public address, no redirects."""

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass

from alerts.message import Outgoing
from alerts.signed_post import WHOLE_S, Poster, secret_bytes, signed
from egress.addresses import loopback_allowed


@dataclass(frozen=True)
class WebhookChannel:
    """Alerts as a signed POST. Plain http is for loopback only, where tests and the demo listen."""

    allow_loopback: bool = False
    whole_s: float = WHOLE_S
    name: str = "webhook"

    def send(self, outgoing: Outgoing) -> None:
        """POST the alert; any 2xx means it was taken. Raises DeliveryFailed otherwise."""
        headers = signed_headers(outgoing, secret_bytes(outgoing.reader.webhook_secret), int(time.time()))
        Poster(self.allow_loopback, self.whole_s).post(outgoing.reader.webhook_url, payload(outgoing), headers)


def channel(environ: Mapping[str, str]) -> WebhookChannel:
    """Return the webhook channel; it needs no setting of its own."""
    return WebhookChannel(allow_loopback=loopback_allowed(environ))


def payload(outgoing: Outgoing) -> bytes:
    """Return the body: which alert, since when, how many things are new. Nothing of what they are."""
    content: dict[str, object] = {
        "type": "update" if outgoing.report is None else "report",
        "id": str(outgoing.delivery),
        "alert": str(outgoing.alert),
        "timestamp": outgoing.created_at.isoformat(),
    }
    if outgoing.report is None and outgoing.reader.detail != "news":
        content["count"] = outgoing.count
    if outgoing.report is None and outgoing.reader.detail == "kinds":
        content |= {"pages": outgoing.pages, "kinds": dict(outgoing.kinds)}
    return json.dumps(content).encode()


def signed_headers(outgoing: Outgoing, secret: bytes, at: int) -> dict[str, str]:
    """Return the headers, with the signature over id, time (Unix seconds) and body."""
    return signed(str(outgoing.delivery), payload(outgoing), [secret], at)
