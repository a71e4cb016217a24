"""Promises: what can be read, and a sentence for what makes no sense."""

import pytest

from stacklab.errors import UsageError
from stacklab.model.promise import ServicePromise, parse


@pytest.mark.parametrize(
    ("text", "promise"),
    [
        ("p99<50ms", ServicePromise(text="p99<50ms", allowed=0.01, limit_ms=50.0)),
        (" p99.9 <= 1.5 s ", ServicePromise(text="p99.9<=1.5s", allowed=0.001, limit_ms=1500.0)),
        ("p50<200us", ServicePromise(text="p50<200us", allowed=0.5, limit_ms=0.2)),
        ("errors<1%", ServicePromise(text="errors<1%", allowed=0.01)),
    ],
)
def test_a_promise_is_read(text: str, promise: ServicePromise) -> None:
    assert promise == parse(text)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("fast", "write a promise such as 'p99<50ms'"),
        ("p99>50ms", "write a promise such as 'p99<50ms'"),
        ("p99<50", "name the unit of 50"),
        ("p99<5%", "name the unit of 5"),
        ("p98<5ms", "'p98' is none of p50"),
        ("errors<5", "in percent"),
        ("errors<100%", "between 0 % and 100 %"),
        ("errors<0%", "between 0 % and 100 %"),
        ("p99<1us", "no server responds so fast"),
    ],
)
def test_a_promise_that_makes_no_sense_is_refused_with_a_sentence(text: str, says: str) -> None:
    with pytest.raises(UsageError) as refused:
        parse(text)

    assert says in str(refused.value)
    assert "\n" not in str(refused.value)
