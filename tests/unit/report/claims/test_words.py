"""Findings in words."""

from dataclasses import replace
from pathlib import Path

import pytest

from stacklab.model.claims import finding
from stacklab.model.claims.decision import Contrast
from stacklab.model.claims.finding import (
    ArmCaveat,
    ClaimVerdict,
    Finding,
    PartFound,
    Reading,
    Withdrawn,
)
from stacklab.model.measured import facts
from stacklab.model.measured.caveat import Caveat, CaveatKind
from stacklab.model.measured.verdict import Estimate, Validity
from stacklab.report.claims.words import doubt_in_words, headline, reason, remarks
from stacklab.store.findings import keep_findings, read_findings

RATIO = Reading(
    kind="contrast",
    verdict=ClaimVerdict.REPRODUCED,
    what="max_ms, flood over one-by-one",
    found=Estimate(value=12.0, low=8.0, high=17.0, n=7),
)


def test_a_number_that_a_round_does_not_have_says_so() -> None:
    assert list(remarks(RATIO, rounds=8)) == ["Only 7 of the 8 rounds have this number."]


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


STOLEN = Caveat(kind=CaveatKind.STOLEN, makes=Validity.SUSPECT, facts={"share": facts.share(0.052)})
IN_A_ROUND = ArmCaveat(caveat=STOLEN, round=3)
AT_A_POINT = ArmCaveat(caveat=STOLEN, at={"workers": 8, "ms": 1})
WITHDRAWN = replace(
    RATIO,
    verdict=ClaimVerdict.INCONCLUSIVE,
    withdrawn=Withdrawn(verdict=ClaimVerdict.REPRODUCED, caveats={"flood": IN_A_ROUND, "one-by-one": AT_A_POINT}),
)
FINDING = Finding(
    claim="a-claim",
    verdict=ClaimVerdict.INCONCLUSIVE,
    parts=(
        PartFound(
            says="",
            decides=True,
            decision=Contrast(metric="max_ms", candidate="flood", baseline="one-by-one", at_least=2.0),
            reading=WITHDRAWN,
        ),
    ),
    caveats={"flood": IN_A_ROUND, "one-by-one": AT_A_POINT},
)
SAID = (
    "The verdict would be reproduced, but flood cannot support that: in round 3: The hypervisor gave 5.2\u202f% of the "
    "processors' time to other guests. one-by-one cannot support that: at workers 8: at ms 1: The hypervisor gave "
    "5.2\u202f% of the processors' time to other guests."
)


def test_a_verdict_that_arms_cannot_support_names_them_and_why() -> None:
    assert SAID == reason(WITHDRAWN)
    assert f"inconclusive: {SAID}" == headline(FINDING)


def test_a_verdict_that_was_inconclusive_anyway_would_be_nothing_else() -> None:
    void = Withdrawn(verdict=ClaimVerdict.INCONCLUSIVE, caveats={"flood": IN_A_ROUND})

    assert reason(replace(WITHDRAWN, withdrawn=void)).startswith("flood cannot support that: in round 3: ")


def test_a_finding_is_read_from_its_file_as_it_was_found(tmp_path: Path) -> None:
    kept = finding.Tested(
        session="s", started_at="2026-11-20T10:15:00Z", preset="quick", machine="", findings=(FINDING,)
    )
    keep_findings(tmp_path, kept)

    assert kept == read_findings(tmp_path / "findings.json")


def test_a_finding_from_before_caveats_had_facts_has_a_sentence() -> None:
    old = replace(FINDING, caveats={}, doubts={"flood": "The hypervisor gave 5.2% of it to other guests."})

    assert "The hypervisor gave 5.2% of it to other guests." == doubt_in_words(old, "flood")
    assert not doubt_in_words(old, "one-by-one")
