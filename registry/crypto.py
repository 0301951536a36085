"""Sealing: what names or locates a person is stored only as AES-256-GCM ciphertext.

Every person has a data key of their own, stored wrapped by the registry key; destroying it makes all of
their ciphertext unreadable, in backups too. The place of a value (table, row, column) is associated
data, so that a sealed value moved to another row does not open. What must be found again without being
readable (a mail address, a name) has a blind index beside it: an HMAC-SHA256 under a key of its own.
"""

import base64
import hmac
import os
import secrets
from collections.abc import Mapping
from pathlib import Path
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from matchers.home import home
from registry.errors import SealBroken, WrongKey

KEY_BYTES = 32
NONCE_BYTES = 12
FORMAT = b"\x01"  # the first byte of every sealed value, so that a later format can live beside this one


class Vault:
    """Seals and opens with keys derived from the one registry key (32 bytes)."""

    def __init__(self, registry_key: bytes) -> None:
        if len(registry_key) != KEY_BYTES:
            raise WrongKey(
                f"The registry key must be {KEY_BYTES} bytes in base64, this one has {len(registry_key)}. "
                "Set WATCHLIGHT_REGISTRY_KEY to the key that this registry was made with."
            )
        self._wrapping = AESGCM(_derive(registry_key, "wrap the data keys of people"))
        self._index_key = _derive(registry_key, "blind indexes")
        self._audit_key = _derive(registry_key, "audit chain")
        self.check = _derive(registry_key, "does this key fit this database")

    def new_data_key(self) -> bytes:
        """Return 32 fresh random bytes: the data key of one person."""
        return secrets.token_bytes(KEY_BYTES)

    def wrap(self, data_key: bytes, person: UUID) -> bytes:
        """Return the person's data key sealed by the registry key, for the person's row."""
        return _seal(self._wrapping, data_key, f"people/{person}/wrapped_key")

    def unwrap(self, wrapped: bytes, person: UUID) -> bytes:
        """Return the data key of the person; raise SealBroken when it is not theirs."""
        return _open(self._wrapping, wrapped, f"people/{person}/wrapped_key")

    def seal_own(self, plain: bytes, place: str) -> bytes:
        """Return something of the house itself sealed by the registry key for `place` ("table/row id/column")."""
        return _seal(self._wrapping, plain, f"house/{place}")

    def unseal_own(self, sealed: bytes, place: str) -> bytes:
        """Return what `seal_own` sealed at this very place, or raise SealBroken."""
        return _open(self._wrapping, sealed, f"house/{place}")

    def index(self, purpose: str, value: bytes) -> bytes:
        """Return 32 bytes that equal values share and that tell nothing without the registry key."""
        return hmac.digest(self._index_key, purpose.encode() + b"\0" + value, "sha256")

    def chain(self, previous: bytes, entry: bytes) -> bytes:
        """Return the 32-byte link of an audit entry to the one before it."""
        return hmac.digest(self._audit_key, previous + entry, "sha256")


def seal(data_key: bytes, plain: bytes, place: str) -> bytes:
    """Return `plain` sealed for `place` ("table/row id/column"): format, nonce, ciphertext and tag."""
    return _seal(AESGCM(data_key), plain, place)


def unseal(data_key: bytes, sealed: bytes, place: str) -> bytes:
    """Return what was sealed at this very place, or raise SealBroken."""
    return _open(AESGCM(data_key), sealed, place)


def key_from_text(text: str) -> bytes:
    """Return the key written as base64 (with or without padding, URL-safe or not)."""
    compact = text.strip().replace("-", "+").replace("_", "/").rstrip("=")
    try:
        return base64.b64decode(compact + "=" * (-len(compact) % 4), validate=True)
    except ValueError as error:  # binascii.Error is one, non-ASCII text another
        raise WrongKey("The registry key is not base64: WATCHLIGHT_REGISTRY_KEY wants 32 bytes in base64.") from error


def find_key(environ: Mapping[str, str] = os.environ, *, may_make: bool) -> bytes:
    """Return the registry key of the environment or the key file; make the file only when `may_make`.

    Making a new key for a database that has one would only hide that the right key is missing.
    """
    written = environ.get("WATCHLIGHT_REGISTRY_KEY")
    if written:
        return key_from_text(written)
    file = key_file(environ)
    if may_make:
        _make_key_file(file)
    try:
        return key_from_text(file.read_text(encoding="ascii"))
    except FileNotFoundError as error:
        raise WrongKey(
            f"The key of this registry is missing: put it back as {file} or set WATCHLIGHT_REGISTRY_KEY. "
            "Without it the stored data cannot be read by anybody."
        ) from error
    except (OSError, UnicodeDecodeError) as error:
        raise WrongKey(f"The registry key file {file} cannot be read: {type(error).__name__}.") from error


def key_file(environ: Mapping[str, str] = os.environ) -> Path:
    """Return where the key lies when it is not in the environment: registry.key in the data folder."""
    return home(environ) / "registry.key"


def _make_key_file(file: Path) -> None:
    """Write a new random key with mode 0600, unless there is one; of two at once, the first one wins."""
    if file.exists():
        return
    draft = file.with_name(f".{file.name}.{secrets.token_hex(8)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as out:
            out.write(base64.b64encode(secrets.token_bytes(KEY_BYTES)) + b"\n")
            out.flush()
            os.fsync(out.fileno())
        try:
            os.link(draft, file)
        except FileExistsError:
            return  # another process was first: its key is the key
    finally:
        draft.unlink()


def _derive(registry_key: bytes, purpose: str) -> bytes:
    return HKDF(SHA256(), KEY_BYTES, None, f"watchlight registry 1: {purpose}".encode()).derive(registry_key)


def _seal(cipher: AESGCM, plain: bytes, place: str) -> bytes:
    nonce = secrets.token_bytes(NONCE_BYTES)
    return FORMAT + nonce + cipher.encrypt(nonce, plain, FORMAT + place.encode())


def _open(cipher: AESGCM, sealed: bytes, place: str) -> bytes:
    nonce, body = sealed[1 : 1 + NONCE_BYTES], sealed[1 + NONCE_BYTES :]
    try:
        return cipher.decrypt(nonce, body, sealed[:1] + place.encode())
    except (InvalidTag, ValueError) as error:
        raise SealBroken(
            f"A sealed value in {place.split('/', 1)[0]} does not open: the row was changed or copied from "
            "elsewhere. Restore the registry from a backup."
        ) from error
