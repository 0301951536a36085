"""Confidence grows with what speaks for a likeness, and never says more than was measured."""

from dataclasses import replace
from itertools import pairwise

import pytest

from matchers.confidence import MOST, MOST_PLAIN, of_part, of_whole
from matchers.deciding import WHOLE, Whole, alike
from matchers.regions.evidence import Evidence
from matchers.regions.judging import SHIPPED, could_be_words, is_a_part


def whole(distance, second=8, *, patched=False, plain=False):
    return Whole(0, distance, second, patched, plain)


def evidence(bits, **other):
    return replace(Evidence(9, bits - 70, 40.0, 30.0, 14.0, share=0.8, thinness=0.7, spot=0.6, turn=4.0), **other)


@pytest.mark.parametrize("kind", ["cropped", "region", "composite"])
def test_more_evidence_is_surer(kind):
    sure = [of_part(kind, bits) for bits in range(0, 1000, 20)]
    assert all(less <= more for less, more in pairwise(sure))
    assert sure[0] < 0.2
    assert sure[-1] == MOST < 1


def test_a_part_joined_with_something_else_needs_more_evidence_than_one_within_a_larger_picture():
    assert of_part("composite", 200) < of_part("region", 200)


@pytest.mark.parametrize("second", [None, 2, 12])
def test_nearer_whole_pictures_are_surer(second):
    sure = [of_whole(whole(distance, second), None) for distance in range(73)]
    assert all(nearer >= further for nearer, further in pairwise(sure))


def test_patches_that_agree_make_a_far_whole_picture_sure():
    far = whole(60, patched=True)
    assert of_whole(far, None) < 0.5 < of_whole(far, evidence(200))


def test_two_graphics_are_never_called_very_sure():
    assert of_whole(whole(0, 0, plain=True), None) == MOST_PLAIN


@pytest.mark.parametrize("patches", ["agree", "unknown"])
def test_what_is_told_of_whole_pictures_has_some_confidence(patches):
    told = [d for d in range(73) if alike(d, WHOLE.witness_far, patches)]
    assert all(of_whole(whole(d, WHOLE.witness_far), evidence(SHIPPED.support_bits)) > 0.001 for d in told)


def test_a_few_letters_at_the_same_place_are_no_evidence_but_a_turned_or_wide_part_is():
    letters = evidence(250, spot=0.1, turn=0.3)
    assert could_be_words(letters, SHIPPED)
    assert not is_a_part(letters)
    assert is_a_part(evidence(250, spot=0.1, turn=5.0))
    assert is_a_part(evidence(250, spot=0.5, turn=0.3))
    assert is_a_part(evidence(270, spot=0.1, turn=0.3))
