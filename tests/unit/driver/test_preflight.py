"""What a machine cannot send is said before it is tried, with what to do."""

import resource
from dataclasses import replace

import pytest

from made import ORDER
from stacklab.driver.wire.preflight import SPARE_FILES, require_files, require_memory, require_requests
from stacklab.errors import UsageError
from stacklab.model.traffic.order import Order, PlannedRequest

HARD = 1024


def test_too_few_open_files_name_the_limit_and_how_to_raise_it() -> None:
    with pytest.raises(UsageError, match=rf"2000 need 2064 open files and the limit is {HARD}: .*ulimit -Hn 2064"):
        require_files(2000, (256, HARD))


def test_the_soft_limit_is_raised_as_far_as_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    raised: list[tuple[int, tuple[int, int]]] = []
    monkeypatch.setattr(resource, "setrlimit", lambda *call: raised.append(call))
    require_files(300, (256, HARD))

    assert raised == [(resource.RLIMIT_NOFILE, (300 + SPARE_FILES, HARD))]


def test_a_schedule_that_does_not_fit_into_memory_says_how_much_there_is() -> None:
    with pytest.raises(UsageError, match=r"1e\+09 requests needs 55313 MiB and 512 MiB are available: lower the rate"):
        require_memory(1e9, available=1024 * 1024 * 1024)


@pytest.mark.parametrize(
    ("count", "vary", "says"),
    [
        (0, {}, "there is nothing to send"),
        (257, {}, "the order has 257, and at most 256 are supported"),
        (65, {"id": ("1", "2")}, "they make 66,560 requests that differ, of 65,536: let fewer vary"),
    ],
)
def test_more_shots_than_a_row_can_name_are_refused(count: int, vary: dict[str, tuple[str, ...]], says: str) -> None:
    with pytest.raises(UsageError, match=says):
        require_requests(order(count, vary))


@pytest.mark.parametrize(("count", "vary"), [(256, {}), (64, {"id": ("1", "2")})])
def test_as_many_shots_as_a_row_can_name_are_sent(count: int, vary: dict[str, tuple[str, ...]]) -> None:
    require_requests(order(count, vary))


def order(shots: int, vary: dict[str, tuple[str, ...]]) -> Order:
    return replace(
        ORDER, shots=tuple(PlannedRequest(endpoint=str(number), target="/", vary=vary) for number in range(shots))
    )


def test_a_schedule_that_fits_is_no_problem() -> None:
    require_memory(1e6, available=1024 * 1024 * 1024)


def test_unknown_memory_is_no_reason_to_refuse() -> None:
    require_memory(1e9, available=None)
