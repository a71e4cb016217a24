"""The registry of metrics: one home for every number."""

import ast
from pathlib import Path

import stacklab
from stacklab.analysis import metrics
from stacklab.analysis.metrics import BY_KEY, COMPARED, ERRORS, METRICS, LoadKind, lead, primary, ranked_by
from stacklab.analysis.run.quantiles import QUANTILES

PACKAGE = Path(stacklab.__file__).parent

ALSO_SOMETHING_ELSE = {*QUANTILES, "errors", "threads", "warmup_s", "requests_per_connection"}
"""Keys that are words of their own elsewhere: quantiles, counts, columns of usage, settings of a plan."""


def test_no_two_metrics_share_a_key_or_a_place_in_the_json() -> None:
    assert len(METRICS) == len(BY_KEY) == len({metric.path for metric in METRICS})


def test_no_key_is_spelt_outside_the_registry() -> None:
    keys = BY_KEY.keys() - ALSO_SOMETHING_ELSE
    spelt = {
        f"{path.relative_to(PACKAGE)}: {node.value}"
        for path in PACKAGE.rglob("*.py")
        if path != Path(metrics.__file__)
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and node.value in keys
    }

    assert set() == spelt


def test_every_metric_says_what_it_is() -> None:
    assert [] == [
        metric.key for metric in METRICS if not (metric.title and metric.phrase and metric.meaning[-1] == ".")
    ]


def test_a_closed_loop_ranks_by_capacity_and_cost_and_an_open_one_by_latency_and_cost() -> None:
    assert ["throughput_rps", "cpu_us_per_request"] == [metric.key for metric in ranked_by(LoadKind.CLOSED)]
    assert ["p50", "p99", "cpu_us_per_request"] == [metric.key for metric in ranked_by(LoadKind.OPEN)]


def test_what_leads_and_what_stops_a_session_is_ranked() -> None:
    for kind in LoadKind:
        assert {lead(kind), *primary(kind)} <= {*ranked_by(kind)}


def test_errors_are_compared_and_not_ranked() -> None:
    assert ERRORS in COMPARED
    assert frozenset() == ERRORS.ranks
