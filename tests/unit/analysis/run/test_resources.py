"""What a process tree used in a window, from looks whose answer is known on paper. The window is second 10 to 20."""

from collections.abc import Iterable, Mapping
from dataclasses import fields
from typing import Any

import numpy as np
import pytest

from stacklab.analysis.run.columns import Window
from stacklab.analysis.run.resources import TreeUsage, host_usage, tree_usage
from stacklab.model.measured.record import Role, Usage

S = 1_000_000_000
WINDOW = Window(10 * S, 20 * S)


def _columns(looks: Iterable[Usage]) -> Mapping[str, Any]:
    looks = sorted(looks, key=lambda look: look.t_ns)
    return {
        field.name: np.array(
            [-1 if (value := getattr(look, field.name)) is None else value for look in looks], dtype=np.int64
        )
        for field in fields(Usage)
    }


def _server(*looks: Usage) -> TreeUsage:
    return tree_usage(_columns(looks), Role.SERVER, WINDOW)


def _look(second: float, pid: int = 1, **counters: int) -> Usage:
    return Usage(t_ns=round(second * S), role=Role.SERVER, pid=pid, **counters)


def test_a_counter_grows_between_the_looks_at_the_borders() -> None:
    found = _server(_look(10, run_ns=3 * S), _look(20, run_ns=8 * S))

    assert found.cpu_ns == 5 * S


def test_looks_beside_the_borders_are_interpolated() -> None:
    found = _server(_look(9, run_ns=0), _look(11, run_ns=2 * S), _look(19, run_ns=10 * S), _look(21, run_ns=14 * S))

    assert found.cpu_ns == 11 * S


def test_looks_that_do_not_reach_the_borders_are_scaled_to_the_window() -> None:
    found = _server(_look(12, run_ns=0), _look(17, run_ns=2 * S))

    assert found.cpu_ns == 4 * S


def test_the_processes_of_a_tree_are_added_up() -> None:
    found = _server(
        *(_look(10, pid, run_ns=pid * S) for pid in (1, 2)), *(_look(20, pid, run_ns=pid * 3 * S) for pid in (1, 2))
    )

    assert found.cpu_ns == 6 * S


def test_a_process_that_appears_in_the_window_counts_from_zero() -> None:
    found = _server(
        _look(10, 1, run_ns=0),
        _look(15, 1, run_ns=0),
        _look(15, 2, run_ns=1 * S),
        _look(20, 1, run_ns=0),
        _look(20, 2, run_ns=3 * S),
    )

    assert found.cpu_ns == 3 * S


def test_a_process_that_ends_keeps_what_was_seen_of_it() -> None:
    found = _server(
        _look(10, 1, run_ns=0),
        _look(10, 2, run_ns=1 * S),
        _look(15, 1, run_ns=0),
        _look(15, 2, run_ns=3 * S),
        _look(20, 1, run_ns=0),
    )

    assert found.cpu_ns == 2 * S


def test_the_time_of_a_process_that_ended_is_inherited_by_its_parent_and_counted_once() -> None:
    def both(second: float, pid: int, user: int) -> Usage:
        return _look(second, pid, run_ns=user, cpu_user_ns=user, cpu_system_ns=0)

    found = _server(
        both(10, 1, 0),
        both(10, 2, 1 * S),
        both(15, 1, 0),
        both(15, 2, 2 * S),
        # The child went on to 5 s and ended; the parent's times hold them, its own schedstat does not.
        _look(20, 1, run_ns=0, cpu_user_ns=5 * S, cpu_system_ns=0),
    )

    assert (4 * S, False) == (found.cpu_ns, found.from_schedstat)


def test_a_thread_that_ended_takes_no_time_of_the_process_with_it() -> None:
    """Of 5 s, 0.24 s were those of threads that started and ended between two samples: 5 % less, and no remark."""
    found = _server(
        _look(10, run_ns=0, cpu_user_ns=0, cpu_system_ns=0),
        _look(20, run_ns=4_760_000_000, cpu_user_ns=5 * S, cpu_system_ns=0),
    )

    assert (5 * S, False) == (found.cpu_ns, found.from_schedstat)


def test_schedstat_is_believed_where_times_differ_by_their_steps_only() -> None:
    found = _server(
        _look(10, run_ns=0, cpu_user_ns=0, cpu_system_ns=0),
        _look(20, run_ns=12_345_678, cpu_user_ns=20_000_000, cpu_system_ns=0),
    )

    assert (12_345_678, True) == (found.cpu_ns, found.from_schedstat)


def test_times_stand_in_where_there_is_no_schedstat() -> None:
    found = _server(_look(10, cpu_user_ns=0, cpu_system_ns=0), _look(20, cpu_user_ns=3 * S, cpu_system_ns=1 * S))

    assert (4 * S, False) == (found.cpu_ns, found.from_schedstat)


def test_what_no_look_could_read_is_none() -> None:
    found = _server(_look(10, rss_bytes=5), _look(20, rss_bytes=6))

    unread = (found.cpu_ns, found.delay_ns, found.switches_voluntary, found.switches_involuntary, found.pss_bytes)
    assert unread == (None,) * 5


def test_sizes_are_those_at_the_end_of_the_window() -> None:
    found = _server(
        _look(10, 1, rss_bytes=5),
        _look(10, 2, rss_bytes=50),
        _look(20, 1, rss_bytes=7, pss_bytes=4),
        _look(20, 3, rss_bytes=9, pss_bytes=3),
        _look(25, 1, rss_bytes=100),
    )

    assert (16, 7) == (found.rss_bytes, found.pss_bytes)


def test_the_driver_is_not_counted_as_server() -> None:
    driver = [Usage(t_ns=t * S, role=Role.DRIVER, pid=7, run_ns=t * S) for t in (10, 20)]

    assert _server(*driver).cpu_ns is None


def test_one_look_alone_shows_no_increase() -> None:
    assert _server(_look(15, run_ns=S)).cpu_ns is None


def test_a_session_without_looks_has_no_usage() -> None:
    assert _server().cpu_ns is None


@pytest.mark.parametrize("second", [2, 30])
def test_looks_outside_the_window_say_nothing(second: float) -> None:
    assert _server(_look(second, run_ns=0), _look(second + 1, run_ns=S)).cpu_ns is None


def test_the_host_is_summed_over_its_processors() -> None:
    looks = [Usage(t_ns=t * S, role=Role.HOST, pid=0, busy_ns=t * S, steal_ns=t) for t in (10, 20)]
    found = host_usage(_columns(looks), WINDOW)

    assert (10 * S, 10) == (found.busy_ns, found.steal_ns)


def test_a_counter_of_tcp_counts_from_the_first_look_to_the_last() -> None:
    """Connections are made before the window begins."""
    looks = [
        Usage(t_ns=second * S, role=Role.HOST, pid=0, listen_overflows=count)
        for second, count in ((1, 5), (10, 8), (30, 9))
    ]

    assert host_usage(_columns(looks), WINDOW).listen_overflows == 4.0


def test_a_session_that_is_older_than_a_counter_has_none_of_it() -> None:
    looks = _columns([Usage(t_ns=second * S, role=Role.HOST, pid=0, busy_ns=second * S) for second in (10, 20)])
    older = {name: column for name, column in looks.items() if name not in {"listen_overflows", "cpu_pressure_ns"}}

    found = host_usage(older, WINDOW)

    assert (10.0 * S, None, None) == (found.busy_ns, found.listen_overflows, found.cpu_pressure_ns)


def test_instructions_of_what_came_later_are_in_those_of_who_began_it() -> None:
    found = _server(
        _look(10, 1, instructions=100),
        _look(15, 1, instructions=150),
        _look(15, 2),
        _look(20, 1, instructions=400),
        _look(20, 2),
    )

    assert found.instructions == 300


def test_instructions_that_nobody_counts_are_none() -> None:
    assert _server(_look(10, run_ns=0), _look(20, run_ns=5)).instructions is None
