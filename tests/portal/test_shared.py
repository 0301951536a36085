"""Several portals count tries together and know each other's challenges; while Valkey is away each does so alone."""

import pytest
import valkey

from portal.web.challenges import Challenges
from portal.web.pace import Pace
from portal.web.shared import SharedChallenges, SharedPace
from registry.crypto import Vault

VAULT = Vault(bytes(32))
NOWHERE = "valkey://127.0.0.1:1/0"


@pytest.fixture
def url(valkey_server):
    valkey.Valkey.from_url(valkey_server).flushall()
    return valkey_server


def tries(*paces: Pace) -> list[bool]:
    return [pace.allows("3 per 15 minute", "sign-in", "198.51.100.7") for pace in paces]


def test_tries_at_one_portal_count_at_the_other(url):
    one, other = SharedPace(VAULT, url), SharedPace(VAULT, url)
    assert tries(one, other, one, other, one) == [True, True, True, False, False]
    assert tries(SharedPace(Vault(bytes([1] * 32)), url)) == [True]  # another house


def test_who_tried_cannot_be_read_in_valkey(url):
    tries(SharedPace(VAULT, url))
    stored = str([*valkey.Valkey.from_url(url).scan_iter()])
    assert "LIMITS" in stored
    assert "198.51.100.7" not in stored


def test_without_valkey_a_portal_still_counts_for_itself():
    assert tries(*[SharedPace(VAULT, NOWHERE)] * 4) == [True, True, True, False]


def test_a_challenge_given_at_one_portal_is_taken_back_at_any_once(url):
    one, other = SharedChallenges(VAULT, url), SharedChallenges(VAULT, url)
    challenge = one.new("sign-in", "visit")
    assert not other.take(one.new("sign-in", "visit"), "sign-in", "somebody else")
    assert not other.take(one.new("sign-in", "visit"), "add-key", "visit")
    assert other.take(challenge, "sign-in", "visit")
    assert not one.take(challenge, "sign-in", "visit")


def test_without_valkey_a_challenge_is_known_where_it_was_given():
    alone: Challenges = SharedChallenges(VAULT, NOWHERE)
    challenge = alone.new("sign-in", "visit")
    assert alone.take(challenge, "sign-in", "visit")
    assert not alone.take(challenge, "sign-in", "visit")
