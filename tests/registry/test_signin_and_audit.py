"""One-time links, sessions, and the trail of what was done."""

from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import pytest
from sqlalchemy import LargeBinary, delete, select, update

from registry import audit, signin
from registry.database import Registry
from registry.errors import AuditBroken, BadLink, BadValue
from registry.models import AuditRow, SessionRow, SignInLinkRow
from tests.registry.conftest import Clock, add_kim, enrolled


def test_a_link_signs_in_once(registry: Registry) -> None:
    with registry.transaction() as tx:
        kim = add_kim(tx)
        token = signin.new_link(tx, kim)
    with registry.transaction() as tx:
        session = signin.redeem(tx, token)
        assert signin.session(tx, session) == kim
    with registry.transaction() as tx, pytest.raises(BadLink, match="Ask for a new one"):
        signin.redeem(tx, token)


def test_of_many_that_use_a_link_at_once_one_gets_in(registry: Registry) -> None:
    with registry.transaction() as tx:
        token = signin.new_link(tx, add_kim(tx))

    def get_in(_: int) -> bool:
        try:
            with registry.transaction() as tx:
                signin.redeem(tx, token)
        except BadLink:
            return False
        return True

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(get_in, range(8))) == 1


def test_a_link_and_a_session_run_out(registry: Registry, clock: Clock) -> None:
    with registry.transaction() as tx:
        kim = add_kim(tx)
        early, late = signin.new_link(tx, kim), signin.new_link(tx, kim)
        session = signin.redeem(tx, early)
        clock.move(seconds=signin.LINK_LIFE.total_seconds())
        with pytest.raises(BadLink):
            signin.redeem(tx, late)
        assert signin.session(tx, session) == kim
        clock.move(seconds=signin.SESSION_LIFE.total_seconds())
        assert signin.session(tx, session) is None
        assert signin.forget_expired(tx, clock.at) == 2
        assert signin.forget_expired(tx, clock.at) == 0


@pytest.mark.parametrize("token", ["", "x", "é", "a" * 5000])
def test_a_token_nobody_gave_out_opens_nothing(registry: Registry, token: str) -> None:
    with registry.transaction() as tx:
        assert signin.session(tx, token) is None
        with pytest.raises(BadLink):
            signin.redeem(tx, token)


def test_signing_out_ends_this_session_and_ending_all_ends_the_rest(registry: Registry) -> None:
    with registry.transaction() as tx:
        kim, lee = add_kim(tx), add_kim(tx, "Lee")
        one, two, his = (signin.redeem(tx, signin.new_link(tx, each)) for each in (kim, kim, lee))
        waiting = signin.new_link(tx, kim)
        signin.end(tx, one)
        signin.end(tx, one)
        assert (signin.session(tx, one), signin.session(tx, two)) == (None, kim)
        signin.end_all(tx, kim)
        assert (signin.session(tx, two), signin.session(tx, his)) == (None, lee)
        with pytest.raises(BadLink):
            signin.redeem(tx, waiting)


def test_asking_for_many_links_leaves_only_the_newest(registry: Registry, clock: Clock) -> None:
    with registry.transaction() as tx:
        kim = add_kim(tx)
        tokens = []
        for _ in range(signin.LINKS_AT_ONCE + 3):
            clock.move(seconds=1)
            tokens.append(signin.new_link(tx, kim))
        assert len(tx.session.scalars(select(SignInLinkRow)).all()) == signin.LINKS_AT_ONCE
        with pytest.raises(BadLink):
            signin.redeem(tx, tokens[2])
        signin.redeem(tx, tokens[3])


def test_no_token_is_stored(registry: Registry) -> None:
    with registry.transaction() as tx:
        kim = add_kim(tx)
        link, session = signin.new_link(tx, kim), signin.redeem(tx, signin.new_link(tx, kim))
        stored = b"".join(
            [*tx.session.scalars(select(SignInLinkRow.digest)), *tx.session.scalars(select(SessionRow.digest))]
        )
    assert isinstance(SessionRow.__table__.c.digest.type, LargeBinary)
    assert link.encode() not in stored
    assert session.encode() not in stored


def test_what_is_done_leaves_a_trail_of_ids(registry: Registry) -> None:
    with registry.transaction("cli") as tx:
        kim = add_kim(tx)
        enrolment = enrolled(tx, kim)
        signin.redeem(tx, signin.new_link(tx, kim))
        trail = audit.entries(tx)
        assert audit.verify(tx) == len(trail)
    assert [(each.actor, each.action) for each in trail] == [
        ("cli", "person-added"),
        ("cli", "consent-given"),
        ("cli", "enrolled"),
        ("cli", "link-made"),
        (str(kim.id), "signed-in"),
    ]
    assert trail[2].subject == enrolment


@pytest.mark.parametrize(
    ("actor", "action"),
    [("Kim Seo-yeon", "looked"), ("kim@example.org", "looked"), ("cli", "looked at Kim"), ("", "looked"), ("cli", "")],
)
def test_the_trail_takes_no_personal_data(registry: Registry, actor: str, action: str) -> None:
    with registry.transaction() as tx, pytest.raises(BadValue):
        audit.append(tx, actor, action, uuid4())


@pytest.mark.parametrize("tamper", ["actor", "action", "subject", "time", "removed"])
def test_a_changed_or_missing_entry_breaks_the_chain_where_it_was(
    registry: Registry, tamper: str, clock: Clock
) -> None:
    with registry.transaction() as tx:
        for number in range(5):
            audit.append(tx, "cli", f"step-{number}", uuid4())
        third = AuditRow.position == 3
        changes = {
            "actor": update(AuditRow).where(third).values(actor="web"),
            "action": update(AuditRow).where(third).values(action="nothing"),
            "subject": update(AuditRow).where(third).values(subject_id=uuid4()),
            "time": update(AuditRow).where(third).values(at=clock.at.replace(year=2020)),
            "removed": delete(AuditRow).where(third),
        }
        tx.session.execute(changes[tamper])
        with pytest.raises(AuditBroken) as caught:
            audit.verify(tx)
    assert caught.value.position == (4 if tamper == "removed" else 3)


def test_the_trail_is_read_in_pages(registry: Registry) -> None:
    with registry.transaction() as tx:
        for number in range(5):
            audit.append(tx, "cli", f"step-{number}", uuid4())
        first = audit.entries(tx, limit=2)
        assert [each.action for each in audit.entries(tx, after=first[-1].position)] == ["step-2", "step-3", "step-4"]
