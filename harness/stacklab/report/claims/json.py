"""Claims in the JSON of a report: ``claims`` is a list, a claim each."""

from dataclasses import asdict
from typing import Any

from stacklab.model.claims.finding import AblationFound, Reading
from stacklab.report.claims.view import ClaimView
from stacklab.report.claims.words import reason, reason_of, rule_in_words
from stacklab.report.kit.json import estimate


def claim_document(view: ClaimView) -> dict[str, Any]:
    """One claim, with everything on its page; ``effect`` is that of the first part that decides."""
    claim, finding = view.claim, view.finding
    first = next((part.reading for part in finding.parts if part.decides), None)
    return {
        "claim": claim.name,
        "title": claim.title,
        "statement": claim.statement,
        "source": asdict(claim.source),
        "verdict": finding.verdict,
        "why": reason_of(finding),
        "effect": None if first is None else estimate(first.found),
        "rounds": finding.rounds,
        "parts": [
            {
                "says": part.says or claim.title,
                "decides": part.decides,
                "rule": rule_in_words(part.decision),
                **_reading(part.reading),
            }
            for part in finding.parts
        ],
        "originals": [
            {
                "what": one.what,
                "value": one.value,
                "unit": one.unit,
                "table": one.table,
                "made_of_several": one.made,
                "ours": estimate(one.ours),
            }
            for one in finding.originals
        ],
        "ablations": [_ablation(one) for one in finding.ablations],
        "flips": None if finding.flips is None else _reading(finding.flips),
        "today": claim.today,
        "arms": [asdict(arm) for arm in view.arms],
        "command": view.command,
    }


def _reading(reading: Reading) -> dict[str, Any]:
    return {
        "kind": reading.kind,
        "what": reading.what,
        "verdict": reading.verdict,
        "effect": estimate(reading.found),
        "unit": reading.unit,
        "why": reason(reading),
        "smallest_effect_seen": reading.sees,
        "noise_floor": reading.floor,
        "places": [
            {"at": dict(place.at), "found": estimate(place.found), "expected": place.expected}
            for place in reading.places
        ],
    }


def _ablation(ablation: AblationFound) -> dict[str, Any]:
    return {
        "removes": ablation.removes,
        "effect": _reading(ablation.effect),
        "without": _reading(ablation.without),
        "share_gone": estimate(ablation.gone),
        "supported": ablation.supported,
    }
