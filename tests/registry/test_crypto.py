"""Sealing, blind indexes and the registry key."""

import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry import crypto
from registry.crypto import Vault
from registry.errors import SealBroken, WrongKey

KEY = b"k" * 32


@given(st.binary(max_size=300), st.text(max_size=40))
def test_what_is_sealed_for_a_place_opens_at_that_place(plain: bytes, place: str) -> None:
    assert crypto.unseal(KEY, crypto.seal(KEY, plain, place), place) == plain


def test_the_same_value_is_never_sealed_to_the_same_bytes() -> None:
    assert crypto.seal(KEY, b"Kim", "people/1/profile") != crypto.seal(KEY, b"Kim", "people/1/profile")


def test_a_sealed_value_does_not_open_in_another_row() -> None:
    sealed = crypto.seal(KEY, b"Kim", "people/1/profile")
    with pytest.raises(SealBroken):
        crypto.unseal(KEY, sealed, "people/2/profile")


def test_no_byte_of_a_sealed_value_can_be_changed_or_cut() -> None:
    sealed = crypto.seal(KEY, b"Kim", "people/1/profile")
    for at in range(len(sealed)):
        for untrusted in (sealed[:at] + bytes([sealed[at] ^ 1]) + sealed[at + 1 :], sealed[:at]):
            with pytest.raises(SealBroken):
                crypto.unseal(KEY, untrusted, "people/1/profile")


def test_a_wrapped_data_key_opens_only_for_its_person_and_registry_key() -> None:
    vault, person = Vault(KEY), uuid4()
    data_key = vault.new_data_key()
    wrapped = vault.wrap(data_key, person)

    assert vault.unwrap(wrapped, person) == data_key
    with pytest.raises(SealBroken):
        vault.unwrap(wrapped, uuid4())
    with pytest.raises(SealBroken):
        Vault(b"x" * 32).unwrap(wrapped, person)


def test_a_blind_index_needs_the_key_and_keeps_purposes_apart() -> None:
    index = Vault(KEY).index("email", b"kim@example.org")

    assert index == Vault(KEY).index("email", b"kim@example.org")
    assert len({index, Vault(KEY).index("name", b"kim@example.org"), Vault(b"x" * 32).index("email", b"x")}) == 3


def test_the_key_file_is_made_once_and_only_its_owner_reads_it(private_home: Path) -> None:
    first = crypto.find_key(may_make=True)
    file = crypto.key_file()

    assert len(first) == 32
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert crypto.find_key(may_make=True) == crypto.find_key(may_make=False) == first
    assert [each.name for each in private_home.iterdir()] == ["registry.key"]


def test_of_many_that_make_the_key_at_once_all_get_the_same() -> None:
    with ThreadPoolExecutor(8) as pool:
        keys = set(pool.map(lambda _: crypto.find_key(may_make=True), range(16)))
    assert len(keys) == 1


def test_the_environment_goes_before_the_key_file() -> None:
    written = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
    for way in (written, written.rstrip("="), f" {written}\n"):
        assert crypto.find_key({"WATCHLIGHT_REGISTRY_KEY": way}, may_make=False) == bytes(range(32))


@pytest.mark.parametrize("written", ["not base64!", "c2hvcnQ=", "é"])
def test_a_key_that_is_not_32_bytes_in_base64_is_refused_with_what_to_do(written: str) -> None:
    with pytest.raises(WrongKey, match="WATCHLIGHT_REGISTRY_KEY"):
        Vault(crypto.find_key({"WATCHLIGHT_REGISTRY_KEY": written}, may_make=False))


def test_a_missing_key_file_is_not_replaced_when_the_database_has_a_key(private_home: Path) -> None:
    with pytest.raises(WrongKey, match="put it back"):
        crypto.find_key(may_make=False)
    assert list(private_home.iterdir()) == []
