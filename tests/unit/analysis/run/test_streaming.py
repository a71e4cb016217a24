"""Time to first byte, and gaps between pieces, from moments whose answer is known on paper."""

from typing import Any

import numpy as np
import pytest

from stacklab.analysis.run.latency import Quantile
from stacklab.analysis.run.streaming import first_byte, gaps
from stacklab.columns import Columns
from stacklab.model.measured.record import Outcome, Phase

MS = 1_000_000


def requests(count: int, **columns: Any) -> Columns:
    """One request every 100 ms, each of which took 50 ms."""
    intended = np.arange(count) * 100 * MS
    every = {
        "intended_ns": intended,
        "read_ns": intended + 50 * MS,
        "phase": Phase.MEASURE,
        "outcome": Outcome.OK,
        "endpoint": 0,
    }
    return {name: np.broadcast_to(np.asarray(value), count).copy() for name, value in (every | columns).items()}


def pieces(asked: Columns, *moments_ms: float, of: Any = slice(None)) -> Columns:
    """The same moments for each of these requests: the first byte, then the end of each piece."""
    numbers = np.arange(len(asked["intended_ns"]))[of]
    moments = np.array(moments_ms) * MS
    return {
        "request": np.repeat(numbers, len(moments)),
        "piece": np.tile(np.arange(len(moments)), len(numbers)),
        "read_ns": (asked["intended_ns"][numbers][:, np.newaxis] + moments).astype(np.int64).ravel(),
    }


def test_the_first_byte_counts_from_the_intended_start() -> None:
    asked = requests(20)

    assert first_byte(asked, pieces(asked, 7, 8, 20))["p50"] == Quantile(ms=7.0)


def test_a_gap_lies_between_the_ends_of_two_pieces() -> None:
    """Not between the first byte and the end of the first piece."""
    asked = requests(20)
    found = gaps(asked, pieces(asked, 1, 5, 15, 25, 50))

    assert (Quantile(ms=10.0), Quantile(ms=25.0)) == (found["p50"], found["p90"])


def test_pieces_that_were_kept_together_have_no_gaps_and_a_late_first_byte() -> None:
    asked = requests(20)
    kept = pieces(asked, 50, 50, 50, 50)

    assert (Quantile(ms=50.0), Quantile(ms=0.0)) == (first_byte(asked, kept)["p50"], gaps(asked, kept)["p50"])


def test_nothing_lies_between_the_pieces_of_two_answers() -> None:
    asked = requests(50)

    assert gaps(asked, pieces(asked, 1, 2))["p50"] is None


def test_a_request_that_failed_after_its_first_byte_is_lost() -> None:
    outcome = np.where(np.arange(20) % 5 < 3, Outcome.TIMEOUT, Outcome.OK)
    asked = requests(20, outcome=outcome)
    found = first_byte(asked, pieces(asked, 1, 2))["p50"]

    assert found is not None
    assert found.at_least


def test_gaps_are_those_of_right_answers() -> None:
    outcome = np.where(np.arange(20) % 2, Outcome.RESET, Outcome.OK)
    asked = requests(20, outcome=outcome)
    right, broken = (pieces(asked, 1, 2, last, of=outcome == which) for last, which in ((12, 0), (40, 5)))
    both = {name: np.concatenate((right[name], broken[name])) for name in right}
    order = np.lexsort((both["piece"], both["request"]))

    assert gaps(asked, {name: column[order] for name, column in both.items()})["p50"] == Quantile(ms=10.0)


def test_the_warmup_is_left_out() -> None:
    phase = np.where(np.arange(40) < 20, Phase.WARMUP, Phase.MEASURE)
    asked = requests(40, phase=phase)
    slow, fast = pieces(asked, 40, 40, 49, of=slice(20)), pieces(asked, 2, 2, 5, of=slice(20, None))
    both = {name: np.concatenate((slow[name], fast[name])) for name in slow}

    assert (Quantile(ms=2.0), Quantile(ms=3.0)) == (first_byte(asked, both)["p50"], gaps(asked, both)["p50"])


def test_endpoints_that_answer_in_one_piece_are_left_out() -> None:
    asked = requests(40, endpoint=np.arange(40) % 2)

    assert first_byte(asked, pieces(asked, 7, of=slice(0, None, 2)))["p50"] == Quantile(ms=7.0)


@pytest.mark.parametrize(("count", "quoted"), [(399, None), (400, 7.0)])
def test_a_quantile_takes_four_requests_beyond_it(count: int, quoted: float | None) -> None:
    asked = requests(count)

    assert first_byte(asked, pieces(asked, 7))["p99"] == (None if quoted is None else Quantile(ms=quoted))


def test_where_no_piece_came_there_is_no_number() -> None:
    asked = requests(20)
    none = {name: column[:0] for name, column in pieces(asked, 1).items()}

    assert (None, None) == (first_byte(asked, none)["p50"], gaps(asked, none)["p50"])
