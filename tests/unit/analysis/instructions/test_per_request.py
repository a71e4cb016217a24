"""Instructions per request, without what background work executes; and batches that do not agree."""

import pytest

from stacklab.analysis.instructions.per_request import idle_share, per_request, unsteady
from stacklab.model.measured.counting import CountedStretch, SeedCount

COST, BACKGROUND = 200_000, 230_000
"""Of a request, and of a second."""


def stretch(requests: int, *, cost: float = COST, took_s: float = 1.0) -> CountedStretch:
    return CountedStretch(requests=requests, instructions=round(BACKGROUND * took_s + cost * requests), took_s=took_s)


def boot(*batches: CountedStretch) -> SeedCount:
    return SeedCount(
        hash_seed=0,
        boot_s=3.0,
        idle=stretch(0),
        batches=batches,
    )


STEADY = boot(stretch(100), stretch(100, took_s=2.0), stretch(100, took_s=5.0))


def test_background_work_is_left_out() -> None:
    assert pytest.approx(COST) == per_request(STEADY)


def test_the_share_of_background_work_is_known() -> None:
    executed = sum(batch.instructions for batch in STEADY.batches)

    assert pytest.approx(8 * BACKGROUND / executed) == idle_share(STEADY)


def test_batches_that_agree_are_steady_and_all_of_them_count() -> None:
    found = boot(stretch(100), stretch(100, cost=COST * 1.001), stretch(100, cost=COST * 1.005))

    assert unsteady(found) is None
    assert pytest.approx(COST * 1.002) == per_request(found)


def test_batches_of_which_no_two_agree_are_not_steady() -> None:
    found = unsteady(boot(stretch(100), stretch(100, cost=COST * 1.02), stretch(100, cost=COST * 1.01)))

    assert found == (
        "three batches of 100 requests executed 200,000, 202,000 and 204,000 instructions per request, and no two of "
        "them are within 0.5%; runtimes that compile or clean up in the background are like that, and apps that grow"
    )


@pytest.mark.parametrize("place", range(3))
def test_a_batch_with_a_full_collection_does_not_move_the_number(place: int) -> None:
    batches = [stretch(100), stretch(100), stretch(100)]
    batches[place] = stretch(100, cost=COST * 1.02)
    found = boot(*batches)

    assert unsteady(found) is None
    assert pytest.approx(COST) == per_request(found)


def test_only_the_last_three_batches_count() -> None:
    dear = stretch(100, cost=COST * 1.3)

    assert unsteady(boot(dear, stretch(100), stretch(100, cost=COST * 1.1), *STEADY.batches)) is None
    assert pytest.approx(COST) == per_request(boot(dear, dear, dear, *STEADY.batches))


def test_a_server_that_executes_less_with_requests_than_without_is_not_steady() -> None:
    spinning = SeedCount(
        hash_seed=0,
        boot_s=3.0,
        idle=CountedStretch(requests=0, instructions=10**9, took_s=1.0),
        batches=(stretch(100), stretch(100), stretch(100)),
    )

    assert "the server executes more without requests than with them" == unsteady(spinning)
