"""What the kernel counted is shared out by the samples: nothing is lost, and waiting costs nothing."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stacklab.analysis.profiles.attribution import Group, Seen, attribute, total
from stacklab.analysis.profiles.samples import CallStack, Sample
from stacklab.model.layers import KERNEL
from stacklab.model.measured.profile import ThreadUse

MS = 1_000_000
WORK, SEND, WAIT = ("work (./app.py:3)",), ("send (socket.py:9)",), ("wait (threading.py:5)",)


def seen(*stacks: tuple[int, CallStack, int], tick_ms: int = 1) -> Seen:
    """(thread, stack, how often): all in process 7, whose first thread is 7."""
    return Seen(
        [Sample(stack=stack, times=times, pid=7, tid=tid, thread=f"pool-{tid}") for tid, stack, times in stacks],
        tick_ms * MS,
    )


def use(tid: int, cpu_ms: float, system_ms: float = 0.0, *, pid: int = 7, name: str = "python") -> ThreadUse:
    return ThreadUse(pid=pid, tid=tid, cpu_ns=round(cpu_ms * MS), system_ns=round(system_ms * MS), name=name)


def in_ms(holding: Seen, standing: Seen, *uses: ThreadUse) -> dict[CallStack, float]:
    return {stack: ns / MS for stack, ns in total(attribute(holding, standing, uses).values()).items()}


def test_threads_that_wait_get_nothing_for_it() -> None:
    found = in_ms(
        seen((7, WORK, 100)), seen((7, WORK, 100), (8, WAIT, 1000), (9, WAIT, 1000)), use(7, 100), use(8, 0), use(9, 0)
    )

    assert found == {WORK: pytest.approx(100.0)}


def test_system_calls_are_given_to_where_threads_stood_without_the_gil() -> None:
    found = in_ms(seen((7, WORK, 70), (7, SEND, 10)), seen((7, WORK, 70), (7, SEND, 30)), use(7, 100, system_ms=20))

    assert found == {
        WORK: pytest.approx(70.0),
        SEND: pytest.approx(10.0),
        (*SEND, KERNEL): pytest.approx(20.0),
    }


def test_a_function_gets_no_more_time_without_the_gil_than_threads_stood_in_it() -> None:
    # WAIT did next to nothing with the GIL, and SEND stood for 5 ms only: what is left is the waiters' waking up.
    holding = seen((7, WORK, 60), (7, SEND, 20))
    found = in_ms(holding, seen((7, WORK, 60), (7, SEND, 25), (7, WAIT, 500)), use(7, 100, system_ms=20))

    assert found[*SEND, KERNEL] == pytest.approx(5.0)
    assert found[*WAIT, KERNEL] == pytest.approx(15.0)


def test_code_that_works_without_the_gil_gets_what_the_holders_do_not_explain() -> None:
    digest = ("digest (./app.py:8)",)

    found = in_ms(seen((7, WORK, 10), (7, digest, 1)), seen((7, WORK, 10), (7, digest, 90)), use(7, 100))

    assert found == {WORK: pytest.approx(10.0), digest: pytest.approx(90.0)}


def test_threads_of_a_pool_are_taken_together() -> None:
    uses = [use(tid, 10) for tid in (11, 12, 13)]

    found = attribute(seen((11, WORK, 30)), seen((11, WORK, 30), (12, WAIT, 30), (13, WAIT, 30)), uses)

    assert found == {Group(7, "pool-"): {WORK: pytest.approx(30 * MS)}}


def test_a_thread_that_runs_no_python_is_named_after_what_the_kernel_calls_it() -> None:
    found = in_ms(seen((7, WORK, 50)), seen((7, WORK, 50)), use(7, 50), use(8, 40, 30, name="tokio-runtime-w"))

    native = ("thread without Python: tokio-runtime-w",)
    assert found == {WORK: pytest.approx(50), native: pytest.approx(10), (*native, KERNEL): pytest.approx(30)}


def test_a_thread_too_short_to_be_sampled_adds_to_the_busiest_of_its_process() -> None:
    found = in_ms(seen((7, WORK, 50)), seen((7, WORK, 50)), use(7, 50), use(8, 2))

    assert found == {WORK: pytest.approx(52.0)}


def test_threads_that_the_profiler_knows_by_address_alone_are_taken_together() -> None:
    address = 0x7F0000001000
    found = in_ms(seen((address, WORK, 30)), seen((address, WORK, 30)), use(7, 10), use(8, 20))

    assert found == {WORK: pytest.approx(30.0)}


def test_time_that_no_sample_explains_is_shown_as_such() -> None:
    found = in_ms(seen(), seen(), use(7, 30))

    assert sum(found.values()) == pytest.approx(30.0)


SAMPLES = st.lists(st.tuples(st.integers(7, 9), st.sampled_from([WORK, SEND, WAIT]), st.integers(1, 90)), max_size=8)
USES = st.lists(st.tuples(st.integers(0, 200), st.integers(0, 50)), min_size=3, max_size=3)


@given(SAMPLES, SAMPLES, USES)
def test_the_sum_is_what_the_kernel_counted(
    holding: list[tuple[int, CallStack, int]], standing: list[tuple[int, CallStack, int]], used: list[tuple[int, int]]
) -> None:
    uses = [use(tid, cpu, min(cpu, system)) for tid, (cpu, system) in zip((7, 8, 9), used, strict=True)]

    found = in_ms(seen(*holding), seen(*standing, tick_ms=4), *uses)

    assert sum(found.values()) == pytest.approx(sum(cpu for cpu, _ in used))
    assert sum(ms for stack, ms in found.items() if stack[-1] == KERNEL) == pytest.approx(
        sum(min(cpu, system) for cpu, system in used)
    )
