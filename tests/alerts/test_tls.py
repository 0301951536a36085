"""With a certificate that verifies, mail and webhooks go through TLS; a slow peer behind TLS is cut off too."""

import datetime as dt
import ipaddress
import ssl
import threading
import time
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from aiosmtpd.controller import Controller
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from alerts.channels.smtp import channel
from alerts.channels.webhook import WebhookChannel
from alerts.errors import DeliveryFailed
from tests.alerts.conftest import MailServer, free_port, outgoing


@pytest.fixture
def tls(tmp_path: Path, monkeypatch) -> ssl.SSLContext:
    """The server side of a certificate for 127.0.0.1 that this test's clients trust, as an operator's own CA."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "loopback")])
    now = dt.datetime.now(dt.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(hours=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    file = tmp_path / "loopback.pem"
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    file.write_bytes(secret + certificate.public_bytes(serialization.Encoding.PEM))
    monkeypatch.setenv("SSL_CERT_FILE", str(file))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    return context


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
