"""What a claim may name of a cell: no number that those who were lost would have changed."""

import numpy as np
import pytest

from made.evidence import GOOD, OPEN
from stacklab.analysis.claims.cell_rows import MEANINGS, CellRun, rows_of
from stacklab.columns import MISSING
from stacklab.model.measured.record import Outcome, Phase
from stacklab.units import NS_PER_MS, NS_PER_S

ANSWERED = 9_200


def run(lost: Outcome | None, *, beyond_ms: int = 5_000) -> CellRun:
    """Ten thousand requests of 10 ms, of which 8 % may be lost."""
    count = 10_000
    intended = np.arange(count, dtype=np.int64) * NS_PER_S // 1000
    outcome = np.full(count, int(Outcome.OK))
    took = np.full(count, 10 * NS_PER_MS)
    if lost is not None:
        outcome[ANSWERED:], took[ANSWERED:] = int(lost), beyond_ms * NS_PER_MS
    return CellRun(
        summary=GOOD,
        requests={
            "intended_ns": intended,
            "sent_ns": intended,
            "received_ns": np.full(count, MISSING),
            "read_ns": intended + took,
            "outcome": outcome,
            "phase": np.full(count, int(Phase.MEASURE)),
            "worker": np.full(count, 7),
        },
        endpoints=np.full(count, "plain"),
        several=False,
        load=OPEN.scenario.load,
        workers=1,
        alone_ns=None,
        at={},
    )


def values(cell: CellRun) -> dict[str, float]:
    return {row.metric: row.value for row in rows_of(cell)}


def test_a_round_without_losses_has_every_number() -> None:
    found = values(run(None))

    assert {"p50", "p99", "p99_over_p50", "max_ms", "mean_ms", "cv", "errors"} <= found.keys()
    assert 10.0 == pytest.approx(found["mean_ms"])
    assert (0.0, 0.0) == (found["errors"], found["connection_errors"])


def test_among_losses_bounds_are_no_values_and_survivors_have_no_mean() -> None:
    found = values(run(Outcome.TIMEOUT))

    assert 10.0 == pytest.approx(found["p50"])
    assert 0.08 == pytest.approx(found["errors"])
    assert found.keys().isdisjoint({"p99", "p99_over_p50", "max_ms", "mean_ms", "cv"})


@pytest.mark.parametrize(("lost", "share"), [(Outcome.RESET, 0.08), (Outcome.REFUSED, 0.08), (Outcome.STATUS, 0.0)])
def test_connections_that_broke_are_told_from_other_errors(lost: Outcome, share: float) -> None:
    found = values(run(lost))

    assert share == pytest.approx(found["connection_errors"])


def test_switches_and_chunks_can_be_named() -> None:
    assert {
        "switches_voluntary_per_request",
        "first_byte_p50",
        "gap_p99",
        "instructions_per_request",
    } <= MEANINGS.keys()
