"""Thirty sessions with a planted step, thirty without one, and what is joined with what."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from made import HOST
from stacklab.analysis.history import MIN_SESSIONS, History, Series, history, steps
from stacklab.analysis.metrics import CPU, P99
from stacklab.analysis.results import SessionResult, judge
from stacklab.catalog import workspace
from stacklab.model.traffic.scenario import Scenario
from stacklab.store.session import StoredSession

SESSIONS = 30
AT = 17


def noise(seed: int, *, of: float = 0.01) -> list[float]:
    """Sessions of one and the same thing."""
    return [float(value) for value in 50 * np.exp(np.random.default_rng(seed).normal(0, of, SESSIONS))]


def with_step(values: list[float], factor: float) -> list[float]:
    return [value * factor if place >= AT else value for place, value in enumerate(values)]


def test_a_step_of_4_percent_is_found_where_sessions_vary_by_1_percent() -> None:
    found = [steps(with_step(noise(seed), 1.04)) for seed in range(20)]

    assert all(any(abs(step.index - AT) <= 1 and step.ratio > 1.02 for step in one) for one in found)


def test_sessions_without_a_step_show_one_in_a_twentieth_of_the_histories_at_most() -> None:
    false_alarms = sum(bool(steps(noise(seed))) for seed in range(60))

    assert false_alarms <= 7  # 3 are expected, and more than 7 have a chance of 1 %


def test_a_step_says_how_much_the_level_changed() -> None:
    (step,) = steps([100.0, 101, 99, 100, 101, 99, 100, 110, 111, 109, 110, 111, 109, 110])

    assert step.index == 7
    assert step.ratio == pytest.approx(1.1, rel=1e-3)
    assert step.p <= 0.001


def test_two_steps_are_both_found() -> None:
    values = [level * (1 + 0.002 * (-1) ** place) for level in (50, 55, 48) for place in range(8)]

    assert [8, 16] == [step.index for step in steps(values)]


def test_one_odd_session_is_no_change_of_level() -> None:
    values = noise(1, of=0.005)
    values[12] *= 1.5

    assert () == steps(values)


@given(st.lists(st.floats(1, 1000), max_size=2 * MIN_SESSIONS - 1))
def test_too_few_sessions_show_nothing(values: list[float]) -> None:
    assert () == steps(values)


@given(st.floats(0.001, 1000))
@settings(max_examples=10, deadline=None)
def test_the_unit_does_not_matter(unit: float) -> None:
    values = with_step(noise(3), 1.06)

    assert [one.index for one in steps(values)] == [one.index for one in steps([value * unit for value in values])]


@pytest.fixture(scope="module", name="reference")
def _reference() -> SessionResult:
    return judge(StoredSession.open(workspace.reference() / "results" / "reference"))


def later(result: SessionResult, days: int, *, cores: int | None = None) -> SessionResult:
    facts = replace(result.session, name=f"day-{days:02d}", started_at=f"2026-11-{days:02d}T00:00:00Z")
    host = result.host if cores is None else replace(HOST, cores=cores)
    return replace(result, session=facts, host=host)


def only(found: History, stack: str, scenario: str) -> Series:
    (one,) = (series for series in found.series if (series.stack, series.scenario) == (stack, scenario))
    return one


def test_points_are_in_the_order_of_time_whatever_the_order_of_sessions(reference: SessionResult) -> None:
    made = history([later(reference, 9), later(reference, 2)], metrics=[CPU])

    points = only(made, "uvicorn-uvloop-starlette", "json-open").points
    assert ["day-02", "day-09"] == [point.session for point in points]


def test_another_machine_begins_another_series(reference: SessionResult) -> None:
    made = history([later(reference, 1), later(reference, 2, cores=64)], metrics=[CPU])

    assert 2 == len(made.machines)
    assert {1} == {len(one.points) for one in made.series}


def test_another_load_begins_another_series(reference: SessionResult) -> None:
    def with_load(scenario: Scenario) -> Scenario:
        return replace(scenario, load=replace(scenario.load, connections=7))

    changed = replace(later(reference, 2), scenarios=tuple(map(with_load, reference.scenarios)))

    made = history([later(reference, 1), changed, later(reference, 3)], metrics=[CPU])

    assert {1, 2} == {len(one.points) for one in made.series if one.scenario == "json-open"}


def test_relative_to_a_reference_a_value_is_a_ratio_and_wider(reference: SessionResult) -> None:
    plain = only(history([reference], metrics=[CPU]), "gunicorn-sync-flask", "json-open").points[0]
    base = only(history([reference], metrics=[CPU]), "uvicorn-uvloop-starlette", "json-open").points[0]

    made = history([reference], metrics=[CPU], reference="uvicorn-uvloop-starlette")

    ratio = only(made, "gunicorn-sync-flask", "json-open").points[0]
    assert ratio.value == pytest.approx(plain.value / base.value)
    assert ratio.high is not None and plain.high is not None  # noqa: PT018 (for mypy)
    assert ratio.high / ratio.value > plain.high / plain.value
    assert "uvicorn-uvloop-starlette" not in {one.stack for one in made.series}


def test_by_default_a_scenario_is_followed_by_what_it_ranks_by(reference: SessionResult) -> None:
    made = history([reference])

    assert {P99, CPU} <= {one.metric for one in made.series if one.scenario == "json-open"}
