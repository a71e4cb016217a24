"""The page of findings is what the claims and the reference results say, and every number on it is the source's."""

import csv
import re
from collections.abc import Callable
from pathlib import Path

from stacklab.catalog import catalogue, workspace
from stacklab.catalog.claims import claims as claims_of
from stacklab.model.claims.claim import Claim
from stacklab.report.claims.findings_page import findings_page
from stacklab.store.findings import kept_findings


def known(root: Path) -> dict[str, Claim]:
    place = workspace.find(root)
    return dict(claims_of.read(place, catalogue.with_those_of_claims(place, catalogue.read(place))))


def test_the_findings_are_those_of_the_reference_results(
    root: Path, generated: Callable[[str, str, str], None]
) -> None:
    kept = kept_findings(root / "results" / "findings")

    generated("docs/findings.md", "findings", findings_page(known(root).values(), kept))


def test_an_original_number_that_is_made_of_one_stands_in_its_table(root: Path) -> None:
    for claim in known(root).values():
        for original in claim.originals:
            if original.formula is None:
                table = root / "scenarios" / "claims" / "originals" / original.table
                with table.open(encoding="utf-8", newline="") as file:
                    printed = {float(word) for row in csv.reader(file) for word in _numbers(" ".join(row))}

                assert original.value in printed


def _numbers(text: str) -> list[str]:
    return re.findall(r"-?\d+(?:\.\d+)?", text)


def test_the_kept_findings_are_of_the_numbers_that_the_claims_have(root: Path) -> None:
    claims = known(root)
    for name, found in kept_findings(root / "results" / "findings").items():
        finding, _ = found[0]
        if finding.originals:
            wanted = [original.value for original in claims[name].originals]

            assert wanted == [original.value for original in finding.originals]
