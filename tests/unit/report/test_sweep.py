"""Who leads at which point of a sweep: the sentence, the table, the chart and the map."""

from collections.abc import Mapping
from dataclasses import replace

import pytest

from made.cells import made_cell
from made.view import changed, made_view
from stacklab.analysis.metrics import THROUGHPUT
from stacklab.model.measured.verdict import Estimate, Rank
from stacklab.model.plan import Swept
from stacklab.report.kit.numbers import NO_NUMBER
from stacklab.report.kit.palette import looks_of
from stacklab.report.session.view import View
from stacklab.report.sweep import chart
from stacklab.report.sweep.view import SweepPoint, SweepView, sweep_views


def swept(points: Mapping[str, Mapping[str, str]], leaders: Mapping[str, tuple[str, ...]]) -> View:
    """A session of these scenarios, each with its leaders; c is behind everywhere."""
    view = made_view()
    closed = next(one for one in view.scenarios if not one.is_open)
    cells, ranks = [], []
    for name in points:
        cells += [
            made_cell(stack, name, values={"throughput_rps": [value] * 3})
            for stack, value in (("a", 200.0), ("b", 190.0), ("c", 50.0))
        ]
        first = leaders[name]
        others = tuple(stack for stack in "abc" if stack not in first)
        found = [*(Rank(stack=one, first=1, last=len(first)) for one in first)]
        found += [Rank(stack=one, first=len(first) + 1, last=3) for one in others]
        ranks.append((name, THROUGHPUT, tuple(found)))
    made = changed(view, cells=tuple(cells), twins=(), ranks=tuple(ranks))
    return replace(
        made,
        scenarios=tuple(replace(closed, name=name, unranked="") for name in points),
        swept={name: Swept(of="io", at=at) for name, at in points.items()},
    )


ONE = {"io,connections=1": {"connections": "1"}, "io,connections=8": {"connections": "8"}}
TWO = {f"io,n={n},ms={ms}": {"n": n, "ms": ms} for n in ("1", "8") for ms in ("5", "50")}


def test_one_leader_everywhere_is_one_sentence() -> None:
    (found,) = sweep_views(swept(ONE, dict.fromkeys(ONE, ("a",))))

    assert found.answer == "io: a leads at all 2 points."


def test_where_it_depends_every_stretch_is_named() -> None:
    (found,) = sweep_views(swept(ONE, {"io,connections=1": ("a",), "io,connections=8": ("b", "a")}))

    assert found.answer == "io: a leads at connections=1; a and b may each be the best at connections=8."
    assert ("connections", "Leads", "Throughput, req/s", "May be as good") == found.heads
    assert [("1", "a", "200", NO_NUMBER), ("8", "b", "190", "a")] == [
        tuple(text.partition(" ±")[0] for text in row) for row in found.rows
    ]


def test_where_nobody_is_told_from_the_others_the_best_of_the_day_is_not_named() -> None:
    (found,) = sweep_views(swept(ONE, dict.fromkeys(ONE, ("c", "a", "b"))))

    assert found.answer == "io: no two of 3 stacks can be told apart at all 2 points."


def test_what_was_not_varied_or_has_one_point_is_no_sweep() -> None:
    single = {"io,connections=1": {"connections": "1"}}

    assert () == sweep_views(made_view())
    assert () == sweep_views(swept(single, {"io,connections=1": ("a",)}))


@pytest.mark.parametrize("points", [ONE, TWO], ids=["lines", "map"])
def test_a_chart_names_the_values_and_the_stacks(points: Mapping[str, Mapping[str, str]]) -> None:
    (found,) = sweep_views(swept(points, dict.fromkeys(points, ("a", "b"))))

    svg = chart.drawn(found, looks_of("abc"))

    assert svg is not None
    assert all(f">{value}</text>" in svg for at in points.values() for value in at.values())
    assert svg == chart.drawn(found, looks_of("abc"))


def test_three_parameters_have_no_chart_and_nothing_measured_none_either() -> None:
    point = SweepPoint(
        scenario="io",
        at={"a": "1", "b": "1", "c": "1"},
        leaders=("x",),
        values={"x": Estimate(value=1.0, low=None, high=None, n=1)},
    )
    three = SweepView(of="io", metric=THROUGHPUT, parameters=("a", "b", "c"), points=(point, point))

    assert chart.drawn(three, looks_of("x")) is None
    assert chart.drawn(replace(three, points=(replace(point, values={}),) * 2), looks_of("x")) is None
