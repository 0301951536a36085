"""Passkeys, recovery codes and the first operator, as the registry keeps them."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import select

from registry import audit, first_operator, passkeys, people, recovery, signin
from registry.database import Registry
from registry.errors import BadCode, BadLink, BadValue, PasskeyCopied, UnknownPasskey
from registry.models import HouseRow, PasskeyRow, RecoveryCodeRow
from tests.registry.conftest import Clock, add_kim


def test_a_passkey_is_kept_sealed_and_found_by_the_authenticators_name_for_it(registry: Registry) -> None:
    with registry.transaction() as tx:
        kim = add_kim(tx)
        added = passkeys.add(tx, kim, "  my   phone ", b"credential", b"public", 0)
        row = tx.session.scalars(select(PasskeyRow)).one()

        assert passkeys.by_credential(tx, b"credential") == added
        assert (added.name, added.public_key, added.used_at) == ("my phone", b"public", None)
        assert passkeys.by_credential(tx, b"credentia") is None
        assert b"phone" not in row.kept
        assert b"credential" not in row.credential_index
        assert "phone" not in repr(added)


def test_a_counter_that_does_not_go_up_is_a_copy(registry: Registry) -> None:
    with registry.transaction() as tx:
        kim = add_kim(tx)
        counting = passkeys.add(tx, kim, "stick", b"1", b"public", 5)
        synced = passkeys.add(tx, kim, "phone", b"2", b"public", 0)
        for number in (6, 9):
            passkeys.used(tx, counting.id, number)
        for number in (9, 7, 0):
            with pytest.raises(PasskeyCopied):
                passkeys.used(tx, counting.id, number)
        passkeys.used(tx, synced.id, 0)
        passkeys.used(tx, synced.id, 0)
        assert {each.name: each.sign_count for each in passkeys.passkeys(tx, kim)} == {"stick": 9, "phone": 0}


@pytest.mark.parametrize("name", ["", "  ", "x" * 81, "a\x00b", "a\u202eb"])
def test_a_name_that_is_none_is_refused(registry: Registry, name: str) -> None:
    with registry.transaction() as tx, pytest.raises(BadValue):
        passkeys.add(tx, add_kim(tx), name, b"1", b"public", 0)


def test_nobody_has_the_same_key_twice_or_more_than_ten(registry: Registry) -> None:
    with registry.transaction() as tx:
        kim, lee = add_kim(tx), add_kim(tx, "Lee")
        for number in range(passkeys.MOST):
            passkeys.add(tx, kim, f"key {number}", bytes([number]), b"public", 0)
        with pytest.raises(BadValue, match="at most"):
            passkeys.add(tx, kim, "one more", b"more", b"public", 0)
        with pytest.raises(BadValue, match="known"):
            passkeys.add(tx, lee, "taken", bytes([3]), b"public", 0)


def test_removing_a_key_ends_every_other_session_and_nobody_removes_anothers(registry: Registry) -> None:
    with registry.transaction() as tx:
        kim, lee = add_kim(tx), add_kim(tx, "Lee")
        key = passkeys.add(tx, kim, "phone", b"1", b"public", 0)
        here, there = (signin.begin(tx, kim, "passkey") for _ in range(2))
        with pytest.raises(UnknownPasskey):
            passkeys.remove(tx, lee, key.id)
        with pytest.raises(UnknownPasskey):
            passkeys.rename(tx, lee, key.id, "mine")
        passkeys.rename(tx, kim, key.id, "old phone")
        assert passkeys.own(tx, kim, key.id).name == "old phone"
        passkeys.remove(tx, kim, key.id, but=here)

        assert not passkeys.has_any(tx, kim)
        assert (signin.session(tx, here), signin.session(tx, there)) == (kim, None)
        assert (signin.way_of(tx, here), signin.way_of(tx, there)) == ("passkey", None)


def test_forgetting_all_keys_leaves_a_link_as_the_way_in(registry: Registry) -> None:
    with registry.transaction() as tx:
        kim, lee = add_kim(tx), add_kim(tx, "Lee")
        for number, person in enumerate((kim, kim, lee)):
            passkeys.add(tx, person, f"key {number}", bytes([number]), b"public", 0)
        code, session = recovery.new_code(tx, kim), signin.begin(tx, kim, "passkey")

        assert passkeys.forget_all(tx, kim) == 2
        assert (passkeys.has_any(tx, kim), passkeys.has_any(tx, lee)) == (False, True)
        assert signin.session(tx, session) is None
        with pytest.raises(BadCode):
            recovery.redeem(tx, code)


def test_a_recovery_code_works_once_however_it_is_typed_and_ends_what_was_open(registry: Registry) -> None:
    with registry.transaction() as tx:
        kim = add_kim(tx)
        code, open_before = recovery.new_code(tx, kim), signin.begin(tx, kim, "link")
        kept = tx.session.scalars(select(RecoveryCodeRow)).one().code_index
        assert code.replace("-", "").encode() not in kept
        typed = code.lower().replace("-", " ").replace("0", "o").replace("1", "l")
        token, owner = recovery.redeem(tx, f" {typed} ")

        assert (owner, signin.session(tx, token), signin.way_of(tx, token)) == (kim.id, kim, "recovery")
        assert signin.session(tx, open_before) is None
        with pytest.raises(BadCode):
            recovery.redeem(tx, code)


def test_a_new_code_replaces_the_old_one(registry: Registry) -> None:
    with registry.transaction() as tx:
        kim = add_kim(tx)
        old, new = recovery.new_code(tx, kim), recovery.new_code(tx, kim)
        assert recovery.made_at(tx, kim) is not None
        with pytest.raises(BadCode):
            recovery.redeem(tx, old)
        recovery.redeem(tx, new)
        assert recovery.made_at(tx, kim) is None


@pytest.mark.parametrize("code", ["", "-", "0" * 24, "é" * 24, "A" * 100_000])
def test_a_code_nobody_has_opens_nothing(registry: Registry, code: str) -> None:
    with registry.transaction() as tx:
        recovery.new_code(tx, add_kim(tx))
        with pytest.raises(BadCode):
            recovery.redeem(tx, code)


def test_the_first_operator_is_made_once_and_never_beside_another(registry: Registry) -> None:
    with registry.transaction() as tx:
        old, token = first_operator.new_token(tx), first_operator.new_token(tx)
        note = tx.session.scalars(select(HouseRow.value).where(HouseRow.name == first_operator.NOTE)).one()
        assert token.encode() not in note
        assert (first_operator.opens(tx, old), first_operator.opens(tx, token)) == (False, True)
        person, session = first_operator.redeem(tx, token, "Ops", None, "en")
        assert (person.roles, signin.way_of(tx, session)) == (("operator",), "set-up")
        assert "first-operator-made" in {entry.action for entry in audit.entries(tx)}
        with pytest.raises(BadLink):
            first_operator.redeem(tx, token, "Another", None, "en")
        with pytest.raises(BadValue, match="already"):
            first_operator.new_token(tx)


def test_the_set_up_token_runs_out_and_loses_to_an_operator_made_otherwise(registry: Registry, clock: Clock) -> None:
    with registry.transaction() as tx:
        token = first_operator.new_token(tx, life=timedelta(minutes=5))
        clock.move(seconds=301)
        assert not first_operator.opens(tx, token)
        token = first_operator.new_token(tx)
        people.add_person(tx, "Ops", roles=("operator",))
        with pytest.raises(BadLink):
            first_operator.redeem(tx, token, "Mallory", None, "en")


def test_of_many_that_use_a_set_up_token_at_once_one_becomes_operator(registry: Registry) -> None:
    with registry.transaction() as tx:
        token = first_operator.new_token(tx)

    def try_it(number: int) -> bool:
        try:
            with registry.transaction() as tx:
                first_operator.redeem(tx, token, f"Ops {number}", None, "en")
        except BadLink:
            return False
        return True

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(try_it, range(8))) == 1
