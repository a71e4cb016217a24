"""Instructions per request, without what readings and background work execute; and batches that do not agree."""

import pytest

from stacklab.analysis.instructions.per_request import idle_share, per_request, unsteady
from stacklab.model.counting import CountedStretch, SeedCount

COST, READING, BACKGROUND = 200_000, 40_000, 230_000
"""Of a request, of a reading, and of a second."""


def stretch(requests: int, *, cost: float = COST, took_s: float = 1.0) -> CountedStretch:
    instructions = READING + BACKGROUND * took_s + cost * requests
    return CountedStretch(requests=requests, instructions=round(instructions), took_s=took_s)


def boot(*batches: CountedStretch) -> SeedCount:
    return SeedCount(
        hash_seed=0,
        boot_s=3.0,
        empty=CountedStretch(requests=0, instructions=READING, took_s=0.0),
        idle=stretch(0),
        batches=batches,
    )


STEADY = boot(stretch(100), stretch(200, took_s=2.0), stretch(100, took_s=5.0))


def test_readings_and_background_work_are_left_out() -> None:
    assert pytest.approx(COST) == per_request(STEADY)


def test_the_share_of_background_work_is_known() -> None:
    executed = sum(batch.instructions for batch in STEADY.batches)

    assert pytest.approx(8 * BACKGROUND / executed) == idle_share(STEADY)


def test_batches_that_agree_are_steady() -> None:
    assert unsteady(boot(stretch(100), stretch(200, cost=COST * 1.004), stretch(100))) is None


def test_short_batches_that_differ_are_not_steady() -> None:
    found = unsteady(boot(stretch(100), stretch(200), stretch(100, cost=COST * 1.01)))

    assert found == (
        "two batches of 100 requests executed 200,000 and 202,000 instructions per request, which are 1.0% apart; "
        "the most that counts is 0.5%"
    )


def test_a_batch_with_a_full_collection_does_not_move_the_number() -> None:
    found = boot(stretch(100), stretch(200, cost=COST * 1.01), stretch(100))

    assert unsteady(found) is None
    assert pytest.approx(COST) == per_request(found)


def test_only_the_last_three_batches_count() -> None:
    dear = stretch(100, cost=COST * 1.3)

    assert unsteady(boot(dear, stretch(200), stretch(100), stretch(200), stretch(400), stretch(200))) is None
    assert pytest.approx(COST) == per_request(boot(dear, dear, dear, *STEADY.batches))


def test_a_server_that_executes_less_with_requests_than_without_is_not_steady() -> None:
    spinning = SeedCount(
        hash_seed=0,
        boot_s=3.0,
        empty=CountedStretch(requests=0, instructions=READING, took_s=0.0),
        idle=CountedStretch(requests=0, instructions=10**9, took_s=1.0),
        batches=(stretch(100), stretch(200), stretch(100)),
    )

    assert "the server executes more without requests than with them" == unsteady(spinning)
