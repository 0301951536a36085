"""Sightings meet enrolments; what cannot be compared is counted, not dropped in silence."""

import dataclasses
import uuid
from datetime import UTC, datetime

from prometheus_client import REGISTRY

from matchers import Index
from matchers.matching import matches
from matchers.sightings import Sighting

NOW = datetime(2026, 11, 1, tzinfo=UTC)


def sighting(number: int, fingerprint) -> Sighting:
    return Sighting("forum", f"http://a.test/{number}", "http://a.test/x.jpg", NOW, b"1" * 32, fingerprint, number)


def test_each_likeness_is_a_match_in_the_order_of_the_sightings(fp):
    index, first, second = Index(), uuid.UUID(int=1), uuid.UUID(int=2)
    index.add(first, fp(1))
    index.add(second, fp(2))

    found = list(matches([sighting(7, fp(2)), sighting(8, fp(3)), sighting(9, fp(1))], index))

    assert [(match.sighting.id, match.candidate.enrolment) for match in found] == [(7, second), (9, first)]


def test_a_sighting_of_another_version_is_counted_and_passed_over(fp):
    def counted() -> float:
        return REGISTRY.get_sample_value("watchlight_matchers_searches_total", {"outcome": "other-version"}) or 0

    index, before = Index(), counted()
    index.add(uuid.UUID(int=1), fp(1))
    other = dataclasses.replace(fp(1), version="1")

    assert [match.sighting.id for match in matches([sighting(1, other), sighting(2, fp(1))], index)] == [2]
    assert counted() == before + 1
