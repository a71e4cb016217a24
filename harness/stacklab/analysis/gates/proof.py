"""Whether a gate works on a machine: it catches a slowdown that was planted, and is quiet on the same code twice."""

from collections.abc import Sequence

from stacklab.analysis.comparison.compare import compare_stacks
from stacklab.analysis.comparison.conditions import Condition
from stacklab.analysis.gates.judgement import worst
from stacklab.analysis.gates.ratios import judged_ratios
from stacklab.analysis.results import SessionResult
from stacklab.model.measured.proof import ProofTrial


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
