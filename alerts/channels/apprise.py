"""Alerts through apprise: messengers and push services that a person chose, from a list of those that can be allowed.

apprise runs in a process of its own that can dial nothing but public addresses and ends after a time: what a service's
library does with an address, a redirect or a slow answer stays in there. The address holds keys: it is handed over on
standard input, and nothing the process says is read but one word.
"""

import json
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from alerts.errors import DeliveryFailed
from alerts.message import Outgoing, body, subject
from alerts.notices.facts import facts
from egress.addresses import loopback_allowed

HOUSE = Path(__file__).resolve().parents[2]
WHOLE_S = 60.0
# Services whose host is fixed by apprise itself, always by https: none can be pointed at an address of ours. Plus
# ntfy and gotify over TLS, which people run on public hosts of their own.
SCHEMES = frozenset(
    {
        "discord",
        "gchat",
        "gotifys",
        "ifttt",
        "join",
        "kakaotalk",
        "line",
        "msgbird",
        "ntfys",
        "pbul",
        "pover",
        "prowl",
        "pushed",
        "pushme",
        "pushy",
        "simplepush",
        "slack",
        "tgram",
        "threema",
        "twilio",
        "viber",
        "vonage",
        "webex",
        "whatsapp",
        "wxpusher",
        "zulip",
    }
)
LOOPBACK_SCHEMES = frozenset({"ntfy"})  # without TLS, for tests and the demo on this machine only
FINAL = {"not-an-apprise-address", "settings-refused", "address-refused"}
WORDS = frozenset({"taken", "not-taken", *FINAL})


@dataclass(frozen=True)
class AppriseChannel:
    """Alerts through the service that the person's address names."""

    allow_loopback: bool = False
    whole_s: float = WHOLE_S
    name: str = "apprise"

    def send(self, outgoing: Outgoing) -> None:
        """Hand the alert over; return when the service has taken it. Raises DeliveryFailed otherwise."""
        url = outgoing.reader.apprise_url or ""
        refuse_scheme(url, allow_loopback=self.allow_loopback)
        text = body(outgoing, facts(datetime.now(UTC).date()))
        said = self._run({"url": url, "title": subject(outgoing), "body": text, "loopback": self.allow_loopback})
        if said != "taken":
            raise DeliveryFailed(f"apprise-{said}", final=said in FINAL)

    def _run(self, job: Mapping[str, object]) -> str:
        """Return the one word the process said."""
        command = [sys.executable, "-m", "alerts.apprise_worker"]
        try:
            ended = subprocess.run(
                command,
                input=json.dumps(job).encode(),
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                timeout=self.whole_s,
                cwd=HOUSE,
                env={"PATH": "/usr/bin:/bin", "PYTHONPATH": str(HOUSE), "LANG": "C.UTF-8"},
                check=False,
            )
        except subprocess.TimeoutExpired as error:
            raise DeliveryFailed("apprise-slow") from error
        said = ended.stdout.decode("ascii", "replace").strip()
        return said if said in WORDS else "unexpected"


def refuse_scheme(url: str, *, allow_loopback: bool = False) -> None:
    """Raise DeliveryFailed, which is final, for a service that is not on the list."""
    scheme = url.partition("://")[0].lower()
    allowed = SCHEMES | LOOPBACK_SCHEMES if allow_loopback else SCHEMES
    if scheme not in allowed:
        raise DeliveryFailed("apprise-service-not-allowed", final=True)


def channel(environ: Mapping[str, str]) -> AppriseChannel:
    """Return the channel; it needs no setting of its own."""
    return AppriseChannel(allow_loopback=loopback_allowed(environ))
