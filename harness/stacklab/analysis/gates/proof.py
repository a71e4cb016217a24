"""Whether a gate works on a machine: it catches a slowdown that was planted, and is quiet on the same code twice."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from stacklab.analysis.comparison.compare import compare_stacks
from stacklab.analysis.comparison.conditions import Condition
from stacklab.analysis.gates.judgement import Answer, Judgement, Untold, worst
from stacklab.analysis.gates.ratios import judged_ratios
from stacklab.analysis.results import SessionResult
from stacklab.model.measured.proof import Proof, ProofTrial


def trial(result: SessionResult, conditions: Sequence[Condition], *, base: str, again: str, slowed: str) -> ProofTrial:
    """What a gate says of one session that has a stack, the same again, and the same with a slowdown."""
    of_slowed = judged_ratios(conditions, compare_stacks(result, base, slowed))
    of_again = judged_ratios(conditions, compare_stacks(result, base, again))
    return ProofTrial(
        session=result.session.name,
        slowed=worst(of_slowed),
        again=worst(of_again),
        ratios=tuple(one.found.value for one in of_slowed if one.found is not None),
        ratios_again=tuple(one.found.value for one in of_again if one.found is not None),
    )


def believed(judgements: Iterable[Judgement], proof: Proof | None) -> tuple[Judgement, ...]:
    """Of a gate that was not proved, or was found not to work, what fails cannot be told."""
    if proof is not None and proof.holds:
        return tuple(judgements)
    return tuple(
        replace(one, answer=Answer.CANNOT_TELL, why=Untold.UNPROVEN) if one.answer is Answer.FAILS else one
        for one in judgements
    )
