"""Time stamps (RFC 3161): a third party's signed word that some bytes existed at a time. It sees a digest only."""

import http.client
import ssl
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from alerts.deadline import cut_off_after
from alerts.errors import NoTimeStamp
from egress.addresses import BadAddress, host_of, loopback_allowed, normal, port_of
from egress.dial import Refused, resolve_checked

CONNECT_S = 10.0
WHOLE_S = 30.0
MOST_BYTES = 64 * 1024
GRANTED = (0, 1)


def authority(environ: Mapping[str, str]) -> str:
    """Return the address of the time stamp authority of this house. Raises NoTimeStamp when none is set."""
    told = environ.get("WATCHLIGHT_TSA_URL")
    if not told:
        raise NoTimeStamp("no time stamp authority is set: WATCHLIGHT_TSA_URL is its address")
    try:
        return normal(told)
    except BadAddress as error:
        raise NoTimeStamp("WATCHLIGHT_TSA_URL is no web address") from error


def stamp(message: bytes, url: str, environ: Mapping[str, str]) -> bytes:
    """Return the authority's response (DER) for `message`. Raises NoTimeStamp.

    Plain http is allowed: authorities commonly offer nothing else, the response is signed, and only a digest and a
    random number are sent.
    """
    client = _client()
    request = client.TimestampRequestBuilder().data(message).build()
    answer = _post(url, request.as_bytes(), allow_loopback=loopback_allowed(environ))
    try:
        response = client.decode_timestamp_response(answer)
        granted, same = response.status in GRANTED, response.tst_info.nonce == request.nonce
    except ValueError as error:
        raise NoTimeStamp("the authority's answer is no time stamp") from error
    if not (granted and same):
        raise NoTimeStamp("the authority did not grant a time stamp, or answered another question")
    return answer


def time_of(response: bytes, message: bytes, roots: Sequence[bytes]) -> datetime:
    """Return when the authority says it saw `message`; `roots` are the certificates (PEM) the reader trusts.

    Raises NoTimeStamp when the stamp is not theirs or is over something else.
    """
    from cryptography import x509

    client = _client()
    builder = client.VerifierBuilder()
    for root in roots:
        for certificate in x509.load_pem_x509_certificates(root):
            builder = builder.add_root_certificate(certificate)
    try:
        decoded = client.decode_timestamp_response(response)
        builder.build().verify_message(decoded, message)
    except (client.VerificationError, ValueError) as error:
        raise NoTimeStamp("the time stamp is not that of an authority you trust, or is over something else") from error
    at: datetime = decoded.tst_info.gen_time
    return at


def _post(url: str, body: bytes, *, allow_loopback: bool) -> bytes:
    try:
        addresses = resolve_checked(host_of(url), port_of(url), allow_loopback=allow_loopback)
        connection = http.client.HTTPConnection(addresses[0], port_of(url), timeout=CONNECT_S)
        connection.connect()
        try:
            with cut_off_after(connection.sock, WHOLE_S):
                if url.startswith("https:"):
                    context = ssl.create_default_context()
                    connection.sock = context.wrap_socket(connection.sock, server_hostname=host_of(url))
                return _answer(connection, url, body)
        finally:
            connection.close()
    except Refused as error:
        raise NoTimeStamp(f"the authority's address is refused: {error.reason}") from error
    except (OSError, http.client.HTTPException) as error:
        raise NoTimeStamp(f"the authority does not answer ({type(error).__name__}): try again later") from error


def _answer(connection: http.client.HTTPConnection, url: str, body: bytes) -> bytes:
    parts = urlsplit(url)
    headers = {"Content-Type": "application/timestamp-query", "Host": parts.netloc, "Connection": "close"}
    connection.request("POST", (parts.path or "/") + (f"?{parts.query}" if parts.query else ""), body, headers)
    with connection.getresponse() as answer:
        if answer.status != 200:
            raise NoTimeStamp(f"the authority answered {answer.status}")
        return answer.read(MOST_BYTES)


def _client() -> Any:
    try:
        import rfc3161_client
    except ImportError as error:
        raise NoTimeStamp("time stamps need the `timestamps` extra: pip install 'watchlight[timestamps]'") from error
    return rfc3161_client
