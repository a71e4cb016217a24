"""Limits with units: what they say, and a sentence for each that makes no sense."""

import pytest

from stacklab.analysis.gates.limits import LIMITED, UNITS, _unit, failing, kept
from stacklab.analysis.metrics import BY_KEY
from stacklab.errors import UsageError


@pytest.mark.parametrize(
    ("text", "promised", "limit"),
    [
        ("p99 > 50 ms", "p99 <= 50 ms", 50.0),
        ("p99>=0.05s", "p99 < 0.05 s", 50.0),
        ("latency_ms.p50 > 800 us", "p50 <= 800 us", 0.8),
        ("errors > 0.1 %", "errors <= 0.1 %", 0.001),
        ("rss > 300 MiB", "rss <= 300 MiB", 300.0),
        ("rss_mib > 1 GiB", "rss_mib <= 1 GiB", 1024.0),
        ("throughput < 1500 rps", "throughput >= 1500 rps", 1500.0),
        ("cpu > 2 ms", "cpu <= 2 ms", 2000.0),
        ("instructions > 900000", "instructions <= 900000", 900_000.0),
    ],
)
def test_a_condition_becomes_a_promise_in_the_unit_of_its_metric(text: str, promised: str, limit: float) -> None:
    found = failing(text)

    assert promised == found.text
    assert limit == pytest.approx(found.limit)


def test_a_promise_is_read_as_it_is_written() -> None:
    assert failing("p99 > 50 ms") == kept("p99 <= 50 ms", where="promises.toml")


def test_a_load_that_is_held_has_a_rate() -> None:
    found = failing("held < 1500 rps", of_capacity=True)

    assert (None, ">=", 1500.0) == (found.metric, found.operator, found.limit)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("p99", "write a metric, one of > >= < <=, and a limit with its unit: 'p99 > 50 ms'"),
        ("p98 > 50 ms", "unknown metric 'p98'; did you mean 'p9"),
        ("p99 > 1.1", "name the unit of 1.1, one of ns, us, µs, ms, s; a ratio of two measurements is for"),
        ("rss > 300 ms", "'ms' is no unit of rss; write one of KiB"),
        ("instructions > 300 ms", "instructions has no unit; write 300 alone"),
        ("p99 < 50 ms", "the other way round: P99 is to be at most something, and fails above it"),
        ("throughput > 50 rps", "the other way round: throughput is to be at least something, and fails below it"),
        ("threads > 5", "unknown metric 'threads'"),
        ("held < 50 rps", "unknown metric 'held'"),
    ],
)
def test_what_makes_no_sense_is_a_sentence(text: str, says: str) -> None:
    with pytest.raises(UsageError) as raised:
        failing(text)

    assert (True, True) == (str(raised.value).startswith(f"--fail-if {text!r}: "), says in str(raised.value))


def test_a_capacity_has_no_other_metric() -> None:
    with pytest.raises(UsageError, match="capacity knows the load that is held alone"):
        failing("p99 > 50 ms", of_capacity=True)


def test_every_metric_with_a_unit_knows_its_own() -> None:
    without = [key for key in LIMITED if not _unit(BY_KEY[key]) and BY_KEY[key].unit not in {"", "/req"}]

    assert ([], True) == (without, all(UNITS.values()))
