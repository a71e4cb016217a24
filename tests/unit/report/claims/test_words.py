"""Findings in words."""

from dataclasses import replace

import pytest

from stacklab.model.claims.finding import ClaimVerdict, Reading
from stacklab.model.verdict import Estimate
from stacklab.report.claims.words import remarks

RATIO = Reading(
    kind="contrast",
    verdict=ClaimVerdict.REPRODUCED,
    what="max_ms, flood over one-by-one",
    found=Estimate(value=12.0, low=8.0, high=17.0, n=7),
)


def test_a_number_that_a_round_does_not_have_says_so() -> None:
    assert list(remarks(RATIO, rounds=8)) == ["Only 7 of the 8 rounds have such a number."]


@pytest.mark.parametrize(
    "whole",
    [
        pytest.param(replace(RATIO, found=Estimate(value=12.0, low=8.0, high=17.0, n=8)), id="every-round"),
        pytest.param(replace(RATIO, kind="law"), id="its-n-counts-places"),
        pytest.param(replace(RATIO, found=None), id="no-number"),
    ],
)
def test_what_misses_no_round_says_nothing(whole: Reading) -> None:
    assert not list(remarks(whole, rounds=8))
