"""The programs of the claims: they answer as they are asked, and what they show follows from the loop, not the clock.

A sleep never ends early, so lower bounds are facts on any machine.
"""

import json
import sys
from typing import Any

import pytest

from stacklab.catalog.workspace import reference
from stacklab.effects.processes import supervisor

PROGRAMS = reference() / "scenarios" / "claims" / "programs"
DEADLINE_S = 60.0

Rows = list[dict[str, Any]]


def run(program: str, seed: int = 1, **params: object) -> tuple[int, Rows, str]:
    """Its exit code, its rows, and all that it wrote."""
    words = [word for name, value in params.items() for word in ("--param", f"{name}={value}")]
    ended = supervisor.run([sys.executable, str(PROGRAMS / program), "--seed", str(seed), *words], timeout_s=DEADLINE_S)
    rows = [json.loads(line) for line in ended.output.splitlines() if line.startswith("{")]
    return ended.returncode, rows, ended.output


def values(rows: Rows, metric: str) -> list[float]:
    return [row["value"] for row in rows if row["metric"] == metric]


def test_a_parameter_that_is_not_known_is_refused() -> None:
    code, rows, text = run("wellons.py", gard="queue")

    assert (2, []) == (code, rows)
    assert "unknown parameter 'gard'; there are beat_s, d_ms, guard" in text


@pytest.mark.skipif(sys.version_info >= (3, 12), reason="here there are eager tasks")
def test_what_cannot_run_here_says_why() -> None:
    assert (3, [], "Eager tasks exist since Python 3.12.\n") == run("wellons.py", loop="eager")


@pytest.mark.parametrize("guard", ["none", "semaphore"])
def test_a_flood_delays_the_beat_by_all_of_its_work(guard: str) -> None:
    code, rows, _ = run("wellons.py", guard=guard, n="10,20", d_ms=5, beat_s=0.05, phase_s=0.02)

    assert 0 == code
    assert [{"n": n, "d_ms": 5.0, "limit": 4} for n in (10, 20)] == [
        row["at"] for row in rows if row["metric"] == "delay_s"
    ]
    assert all(backlog >= n * 0.005 for backlog, n in zip(values(rows, "backlog_s"), (10, 20), strict=True))


@pytest.mark.parametrize(("guard", "job"), [("queue", "straight"), ("semaphore", "awaiting")])
def test_a_guard_that_works_lets_the_beat_through(guard: str, job: str) -> None:
    _, rows, _ = run("wellons.py", guard=guard, job=job, n=60, d_ms=5, beat_s=0.02, phase_s=0.01)
    (delay,) = values(rows, "delay_p95_s")
    (completion,) = values(rows, "completion_s")

    assert delay < completion / 2


def test_the_seed_draws_the_phase() -> None:
    def phase(seed: int) -> float:
        _, rows, _ = run("wellons.py", seed=seed, n=20, d_ms=5, beat_s=0.1, phase_s=-1)
        return values(rows, "backlog_s")[0] - values(rows, "delay_s")[0]

    # what is drawn lies 66 ms apart; where the flood begins late, the machine was busy
    assert phase(1) == pytest.approx(phase(1), abs=0.03)
    assert phase(1) != pytest.approx(phase(2), abs=0.03)


@pytest.mark.parametrize(
    ("params", "waiting"),
    [
        ({}, [999, 998, 997, 996, 995]),
        ({"producer_yields": 1}, [0, 0, 0, 0, 0]),
        ({"producer_yields": 1, "consumer_yields": 2}, [0, 1, 2, 3, 4]),
        ({"maxsize": 1}, [0, 0, 0, 0, 0]),
    ],
)
def test_what_waits_in_the_queue_is_the_same_everywhere(params: dict[str, int], waiting: list[int]) -> None:
    _, rows, _ = run("runaway.py", items=1000, shown=5, **params)

    assert waiting == values(rows, "waiting")


@pytest.mark.parametrize(("driver", "at_once"), [("cooperative", 5), ("blocking", 1), ("threads", 5)])
def test_a_driver_that_gevent_cannot_see_waits_for_one_greenlet_at_a_time(driver: str, at_once: int) -> None:
    _, rows, _ = run("gevent_serial.py", driver=driver, greenlets=5, wait_ms=200)

    assert [at_once] == values(rows, "at_once")


def test_a_timer_that_goes_first_takes_answers_for_lost() -> None:
    _, rows, _ = run("false_timeouts.py", client="gevent-first", timeout_ms=50, bursts_per_s=4, seconds=2)

    assert values(rows, "false_share")[0] > 0


@pytest.mark.parametrize("client", ["gevent", "wait_for", "timeout", "threads"])
def test_every_call_of_every_client_is_counted(client: str) -> None:
    code, rows, _ = run("false_timeouts.py", client=client, timeout_ms="50,400", callers=2, seconds=0.5)
    shares = [value for row in rows if row["metric"].endswith("_share") for value in [row["value"]]]

    assert 0 == code
    assert all(count > 2 for count in values(rows, "calls"))
    assert all(0 <= share <= 1 for share in shares)


def test_what_a_unit_takes_is_the_slope_through_the_looks() -> None:
    per_unit = {}
    for unit, units in (("task", "0,400"), ("greenlet", "0,400"), ("fork", "0,4"), ("spawn", "0,4")):
        _, rows, _ = run("memory_per_unit.py", unit=unit, units=units)
        first, last = values(rows, "pss_bytes")
        (per_unit[unit],) = values(rows, "bytes_per_unit")
        assert per_unit[unit] == pytest.approx((last - first) / int(units.split(",")[1]))

    assert per_unit["task"] < per_unit["greenlet"] < per_unit["fork"] < per_unit["spawn"]


def test_a_thread_is_a_unit_too() -> None:
    _, rows, _ = run("memory_per_unit.py", unit="thread", units="0,20,40")

    assert [{"units": 0}, {"units": 20}, {"units": 40}] == [row["at"] for row in rows if "at" in row]


@pytest.mark.parametrize("how", ["call", "await", "task", "thread"])
def test_every_way_to_run_a_function_costs_something(how: str) -> None:
    _, rows, _ = run("await_cost.py", how=how)

    assert 1 == len(rows)
    assert values(rows, "cost_s")[0] > 0


@pytest.mark.parametrize("api", ["protocol", "streams"])
def test_an_echo_server_sends_back_what_it_got(api: str) -> None:
    code, rows, _ = run("echo.py", api=api, connections=2, warmup_s=0.05, seconds=0.2)

    assert 0 == code
    assert values(rows, "messages_per_s")[0] > 0
