"""With a certificate that verifies, mail and webhooks go through TLS; a slow peer behind TLS is cut off too."""

import ssl
import threading
import time
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from aiosmtpd.controller import Controller

from alerts.channels.smtp import channel
from alerts.channels.webhook import WebhookChannel
from alerts.errors import DeliveryFailed
from tests import certificates
from tests.alerts.conftest import MailServer, free_port, outgoing


@pytest.fixture
def tls(tmp_path: Path, monkeypatch) -> ssl.SSLContext:
    """The server side of a certificate for 127.0.0.1 that this test's clients trust, as an operator's own CA."""
    file = certificates.for_loopback(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(file))
    return certificates.server_side(file)


@pytest.mark.parametrize("scheme", ["smtps", "smtp+starttls"])
def test_mail_goes_through_verified_tls(tls, scheme):
    server = MailServer()
    how = {"ssl_context": tls} if scheme == "smtps" else {"tls_context": tls, "require_starttls": True}
    server.controller = Controller(server, hostname="127.0.0.1", port=free_port(), **how)
    server.controller.start()
    try:
        url = server.url.replace("smtp:", f"{scheme}:")
        made = channel({"WATCHLIGHT_SMTP_URL": url, "WATCHLIGHT_MAIL_FROM": "news@alerts.example"})
        made.send(outgoing())
    finally:
        server.controller.stop()
    assert len(server.taken) == 1


class Hook(BaseHTTPRequestHandler):
    """Takes a webhook, after as long as its server says."""

    def do_POST(self) -> None:
        time.sleep(self.server.slow_s)
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.mark.parametrize(("slow_s", "taken"), [(0.0, True), (4.0, False)])
def test_a_webhook_goes_through_verified_tls_and_is_cut_off_when_it_is_slow(tls, slow_s, taken):
    server = HTTPServer(("127.0.0.1", 0), Hook)
    server.slow_s = slow_s
    server.socket = tls.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    alert = outgoing(webhook_url=f"https://127.0.0.1:{server.server_port}/", webhook_secret="x")
    began = time.monotonic()
    try:
        WebhookChannel(allow_loopback=True, whole_s=1.0).send(alert)
        arrived = True
    except DeliveryFailed:
        arrived = False
    assert arrived is taken
    assert time.monotonic() - began < 30
    server.shutdown()
