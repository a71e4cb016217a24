"""The driver on self_test: is what it records true? The self-tests that ``stacklab calibrate`` runs, by the same code.

Their bounds are generous, for machines that are busy with other things; ``benchmarks/driver.py`` says what is reached.
"""

from pathlib import Path

import pytest

from stacklab.analysis.instrument import fidelity
from stacklab.calibrate import selftests
from stacklab.calibrate.rig import Rig
from stacklab.effects.processes.supervisor import Supervisor
from stacklab.model.measured.calibration import SelfTestVerdict

pytestmark = pytest.mark.alone


@pytest.fixture(name="rig")
def _bench(supervisor: Supervisor, tmp_path: Path) -> Rig:
    return Rig(supervisor=supervisor, folder=tmp_path, server_cpus=(), driver_cpus=())


@pytest.mark.parametrize("self_test", tuple(selftests.self_tests()), ids=lambda self_test: self_test.name)
def test_what_is_recorded_is_true(self_test: selftests.SelfTest, rig: Rig) -> None:
    found = selftests.attempt(self_test, rig)

    if fidelity.answer(found) is SelfTestVerdict.CANNOT_TELL:
        pytest.skip(f"the hypervisor gave {found.stolen:.1%} of the processors' time to other guests")
    assert found.passed, found.text


def test_a_stall_is_all_but_hidden_by_a_closed_loop(rig: Rig) -> None:
    numbers = selftests.stall(rig).numbers

    # some 190 requests would have arrived; one user sees the stall once, and perhaps another delay of the machine
    assert 1 <= numbers["seen_by_closed_loop"] <= 3
