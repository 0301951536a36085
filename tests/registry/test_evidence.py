"""The evidence chain: what happens to an exposure is in it, no change goes unseen, erasing breaks nothing."""

import pytest
from sqlalchemy import select, update

from registry import cases, evidence, evidence_keys
from registry.chain import commitment_of, digest_of
from registry.database import Registry
from registry.erase import erase_person
from registry.errors import BadValue, EvidenceBroken
from registry.models import EvidenceKeyRow, EvidenceRecordRow, EvidenceRow
from tests.registry.conftest import Clock, add_kim, enrolled, expose


def whole_story(registry: Registry, name: str = "Kim Seo-yeon") -> cases.Exposure:
    with registry.transaction() as tx:
        found = expose(tx, enrolled(tx, add_kim(tx, name)))
        letter = cases.save_notice(tx, found, "us_tida", "en", "Please remove this.", recipient="Host")
        cases.mark_sent(tx, letter.id)
        cases.record_reply(tx, letter.id, "removed", "Done.")
        cases.record_verdict(tx, found, "gone", "absent-twice", looks=[{"address": found.page_url, "status": 404}])
    return found


def test_what_was_seen_sent_answered_and_judged_is_recorded_in_order(registry: Registry) -> None:
    found = whole_story(registry)
    with registry.reading() as tx:
        kept = evidence.records(tx, found.id)
        assert evidence.check(tx) == evidence.Checked(links=4, erased=0)
    assert [each.fields["kind"] for each in kept] == ["found", "notice-sent", "reply", "verdict"]
    assert [each.fields["number"] for each in kept] == [1, 2, 3, 4]
    assert kept[0].fields["page_url"] == found.page_url
    assert kept[2].fields["words_sha256"] != "Done."
    assert kept[3].fields["looks"] == [{"address": found.page_url, "status": 404}]
    for each in kept:
        digests = {name: digest_of(name, each.salts[name], value) for name, value in each.fields.items()}
        assert commitment_of(digests) == each.commitment


@pytest.mark.parametrize("column", ["commitment", "link", "signature", "at"])
def test_a_changed_link_is_found(registry: Registry, clock: Clock, column: str) -> None:
    whole_story(registry)
    clock.move(hours=1)
    with registry.transaction() as tx:
        other = clock.at if column == "at" else b"\7" * 32
        tx.session.execute(update(EvidenceRow).where(EvidenceRow.position == 2).values({column: other}))
    with registry.reading() as tx, pytest.raises(EvidenceBroken) as broken:
        evidence.check(tx)
    assert broken.value.position == 2


def test_a_record_that_was_rewritten_or_taken_out_is_found(registry: Registry) -> None:
    found = whole_story(registry)
    with registry.transaction() as tx:
        place = "evidence_records/2/record"
        row = tx.session.get_one(EvidenceRecordRow, 2)
        opened = tx.unseal_record(found.person, place, row.record)
        opened["fields"]["recipient"] = "Somebody else"
        row.record = tx.seal_record(found.person, place, opened)
    with registry.reading() as tx, pytest.raises(EvidenceBroken, match="2 was changed"):
        evidence.check(tx)
    with registry.transaction() as tx:
        tx.session.delete(tx.session.get_one(EvidenceRecordRow, 2))
    with registry.reading() as tx, pytest.raises(EvidenceBroken, match="3 was changed"):
        evidence.check(tx)


def test_erasing_a_person_takes_their_records_and_the_chain_still_holds(registry: Registry) -> None:
    kim = whole_story(registry)
    lee = whole_story(registry, "Lee")
    with registry.reading() as tx:
        before = tx.session.execute(select(EvidenceRow.commitment, EvidenceRow.link)).all()
    erase_person(registry, kim.person)
    with registry.reading() as tx:
        assert evidence.check(tx) == evidence.Checked(links=8, erased=4)
        assert evidence.records(tx, kim.id) == []
        assert len(evidence.records(tx, lee.id)) == 4
        assert tx.session.execute(select(EvidenceRow.commitment, EvidenceRow.link)).all() == before
        assert not tx.session.scalars(select(EvidenceRecordRow).where(EvidenceRecordRow.exposure_id == kim.id)).all()


def test_a_new_key_is_endorsed_by_the_old_one_whose_private_half_is_destroyed(registry: Registry) -> None:
    whole_story(registry)
    with registry.transaction() as tx:
        new = evidence_keys.rotate(tx)
    whole_story(registry, "Lee")
    with registry.reading() as tx:
        old, now = evidence_keys.keys(tx)
        assert now.id == new.id
        assert evidence_keys.endorsed(now.public, now.endorsement, old.public)
        assert tx.session.scalars(select(EvidenceKeyRow.private).where(EvidenceKeyRow.id == old.id)).all() == [None]
        assert evidence.check(tx).links == 8
        assert {row.key_id for row in tx.session.scalars(select(EvidenceRow))} == {old.id, new.id}


def test_replies_belong_to_notices_that_were_sent_and_are_sealed(registry: Registry) -> None:
    with registry.transaction() as tx:
        found = expose(tx, enrolled(tx, add_kim(tx)))
        letter = cases.save_notice(tx, found, "us_tida", "en", "text")
        with pytest.raises(BadValue, match="not sent"):
            cases.record_reply(tx, letter.id, "refused")
        cases.mark_sent(tx, letter.id)
        with pytest.raises(BadValue, match="one of"):
            cases.record_reply(tx, letter.id, "maybe")
        cases.record_reply(tx, letter.id, "refused", "No.")
    with registry.reading() as tx:
        assert [(each.kind, each.words) for each in cases.replies(tx, letter.id)] == [("refused", "No.")]


def test_what_was_gone_and_is_seen_by_a_later_crawl_is_open_again_and_news(registry: Registry, clock: Clock) -> None:
    with registry.transaction() as tx:
        enrolment = enrolled(tx, add_kim(tx))
        found = expose(tx, enrolment)
        cases.set_state(tx, found.id, "gone")
    seen_before = clock.at
    clock.move(days=2)
    with registry.transaction() as tx:
        old = {"page_url": found.page_url, "picture_url": found.picture_url, "target": found.target}
        old |= {
            "content_digest": found.content_digest,
            "kind": "whole",
            "distance": 1,
            "confidence": 0.9,
            "reason": "r",
        }
        assert not cases.record_exposure(tx, enrolment, **old, seen_at=seen_before)[1]
        assert cases.record_exposure(tx, enrolment, **old, seen_at=clock.at)[1]
        assert cases.exposure(tx, found.id).state == "noticed"
        assert [each.verdict for each in cases.verdicts(tx, found)] == ["re-appeared"]
