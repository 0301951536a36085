"""Passkeys, the WebAuthn part: what the browser is asked to sign, and whether what came back holds.

A passkey is bound to a name by the browser, never to an IP address, and works over HTTPS or on `localhost` alone.
Every key has to say that its holder was verified (a PIN, a finger, a face), and lives in the authenticator, so that
signing in needs no address: there is nothing to ask the server about anybody.
"""

import ipaddress
import json
import struct
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from webauthn import (
    generate_authentication_options,
    generate_registration_options,
    options_to_json,
    verify_authentication_response,
    verify_registration_response,
)
from webauthn.authentication.verify_authentication_response import VerifiedAuthentication
from webauthn.helpers import encode_cbor, parse_client_data_json, parse_registration_credential_json
from webauthn.helpers import parse_authentication_credential_json as parse_authentication
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)
from webauthn.registration.verify_registration_response import VerifiedRegistration

from portal.web.settings import Settings, host_name

LARGEST = 8 * 1024
"""Bytes: an answer without attestation has about 1 kB."""
VERIFIED = UserVerificationRequirement.REQUIRED
# What parsers of CBOR, JSON, keys and signatures raise over bytes made to break them.
BROKEN = (
    *(WebAuthnException, UnsupportedAlgorithm, struct.error),
    *(ValueError, TypeError, LookupError, AttributeError, ArithmeticError, RecursionError),
)


class BadAnswer(Exception):
    """What came back is not what was asked for; which part was wrong is not said."""


@dataclass(frozen=True)
class Place:
    """Where a passkey belongs: the name it is bound to, and the origin that the browser signs."""

    name: str
    origin: str


def nobodys_key() -> bytes:
    """Return the public key (P-256, COSE) of nobody: answers of unknown passkeys cost the work that known ones do."""
    point = generate_private_key(SECP256R1()).public_key().public_numbers()
    return encode_cbor({1: 2, 3: -7, -1: 1, -2: point.x.to_bytes(32, "big"), -3: point.y.to_bytes(32, "big")})


def place(untrusted_host: str, settings: Settings) -> Place | None:
    """Return where the passkeys of this address belong; None where browsers allow none.

    The Host header has been compared with the portal's own names by the wall.
    """
    name = host_name(untrusted_host)
    ours = name == host_name(urlsplit(settings.portal_url).netloc)
    if _is_number(name) or not (name == "localhost" or (ours and settings.https)):
        return None
    return Place(name, f"{'https' if ours and settings.https else 'http'}://{untrusted_host.strip().lower()}")


def to_register(at: Place, challenge: bytes, handle: bytes, shown_as: str, known: list[bytes]) -> str:
    """Return what the browser needs to make a passkey (WebAuthn's JSON), except in the authenticators of `known`.

    `shown_as` is what devices list the passkey under: nothing in it says what this site is for.
    """
    options = generate_registration_options(
        rp_id=at.name,
        rp_name=at.name,
        user_id=handle,
        user_name=shown_as,
        user_display_name=shown_as,
        challenge=challenge,
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.REQUIRED, require_resident_key=True, user_verification=VERIFIED
        ),
        exclude_credentials=[PublicKeyCredentialDescriptor(id=each) for each in known],
    )
    return options_to_json(options)


def to_sign_in(at: Place, challenge: bytes) -> str:
    """Return what the browser needs to sign in: the same for everybody, since it names no key."""
    return options_to_json(
        generate_authentication_options(rp_id=at.name, challenge=challenge, user_verification=VERIFIED)
    )


def registered(untrusted: dict[str, Any], challenge: bytes, at: Place) -> VerifiedRegistration:
    """Return the new passkey that the browser made, or raise BadAnswer."""
    try:
        return verify_registration_response(
            credential=untrusted,
            expected_challenge=challenge,
            expected_rp_id=at.name,
            expected_origin=at.origin,
            require_user_verification=True,
        )
    except BROKEN as error:
        raise BadAnswer from error


def signed(untrusted: dict[str, Any], challenge: bytes, at: Place, public_key: bytes) -> VerifiedAuthentication:
    """Return what the passkey with this public key signed, or raise BadAnswer.

    The counter is compared by the registry, in the unit of work that keeps the new one.
    """
    try:
        return verify_authentication_response(
            credential=untrusted,
            expected_challenge=challenge,
            expected_rp_id=at.name,
            expected_origin=at.origin,
            credential_public_key=public_key,
            credential_current_sign_count=0,
            require_user_verification=True,
        )
    except BROKEN as error:
        raise BadAnswer from error


def read(untrusted: bytes) -> dict[str, Any]:
    """Return the JSON object that our script sent, or raise BadAnswer."""
    if len(untrusted) > LARGEST:
        raise BadAnswer
    try:
        told = json.loads(untrusted)
    except (ValueError, RecursionError) as error:
        raise BadAnswer from error
    if not isinstance(told, dict) or not isinstance(told.get("credential"), dict):
        raise BadAnswer
    return told


def challenge_in(untrusted: dict[str, Any], *, registering: bool) -> bytes:
    """Return the challenge that an answer says it signed; whether it did is decided later."""
    parse = parse_registration_credential_json if registering else parse_authentication
    try:
        return parse_client_data_json(parse(untrusted).response.client_data_json).challenge
    except BROKEN as error:
        raise BadAnswer from error


def named_in(untrusted: dict[str, Any]) -> tuple[bytes, bytes | None]:
    """Return which credential and which person (their handle) an answer says it is of."""
    try:
        credential = parse_authentication(untrusted)
    except BROKEN as error:
        raise BadAnswer from error
    return credential.raw_id, credential.response.user_handle


def _is_number(name: str) -> bool:
    try:
        ipaddress.ip_address(name.strip("[]"))
    except ValueError:
        return False
    return True
