"""What a mark promises, as limits, and a sentence for what it cannot."""

import pytest

from stacklab.errors import UsageError
from stacklab.testing.serving import LIMITS, limits_of


def test_each_name_of_a_mark_is_a_promise_with_its_unit() -> None:
    found = limits_of({"p99_ms": 50, "errors_percent": 0.1, "throughput_rps": 900, "rate": 200, "rounds": 3})

    assert ["p99 <= 50 ms", "errors <= 0.1 %", "throughput >= 900 rps"] == [limit.text for limit in found]


def test_every_name_makes_sense() -> None:
    assert len(LIMITS) == len(limits_of(dict.fromkeys(LIMITS, 5.0)))


@pytest.mark.parametrize(
    ("promised", "says"),
    [
        ({"p98_ms": 50}, "'p98_ms' is none of p50_ms, p90_ms, p99_ms"),
        ({"rate": 200}, "it promises nothing: name one of p50_ms"),
        ({}, "it promises nothing"),
    ],
)
def test_what_a_mark_cannot_promise_is_a_sentence(promised: dict[str, float], says: str) -> None:
    with pytest.raises(UsageError) as raised:
        limits_of(promised)

    assert says in str(raised.value)
