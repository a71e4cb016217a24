"""A byte of a row holds the phase and the outcome of a request."""

import pytest

from stacklab.model.measured.record import Outcome, Phase, outcomes_of, pack_phase_outcome, phases_of


@pytest.mark.parametrize("phase", Phase)
@pytest.mark.parametrize("outcome", Outcome)
def test_phase_and_outcome_are_packed_into_a_byte_and_come_back(phase: Phase, outcome: Outcome) -> None:
    packed = pack_phase_outcome(phase, outcome)
    assert 0 <= packed < 256
    assert (phase, outcome) == (phases_of(packed), outcomes_of(packed))
