"""The view as JSON: a stable interface for scripts and dashboards.

``schema_version`` grows when a key changes its meaning or is removed; new keys may appear without notice. History:

1 - first.
2 - ``ranks`` and ``noise_floor``: the noise floor decides nothing any more; ``sees`` and ``alarms`` are new.

An estimate E is ``{"value", "low", "high", "n"}``: the mean of n rounds with its 95 % interval; ``low`` and ``high``
are null for one round. A quantile that falls among lost requests is only a lower bound and has ``"at_least": true``.
Where there is no number (too few requests for a quantile, a counter that this machine does not give) there is null.

A cell without a completed round carries ``"failed": {"stage", "reason"}`` and no numbers; one that was not run, because
the session was interrupted, is not there. ``twins`` holds cells of the same shape: a stack that was measured once more
under another name. ``noise_floor`` is how far two such may be apart, by scenario and metric, as a relative difference,
and ``ranks`` gives for both, best first, between which places each stack stands: ``first`` is one more than are
certainly better; ``last`` is how many are not certainly worse, the stack itself among them. ``sees`` is the relative
difference that four of five such sessions tell apart, all their questions together, and ``alarms`` lists the metrics in
which the stack that was measured twice is told from itself: what is told apart by these is suspect.

``routes`` of a cell holds the numbers of each route where a scenario has several, and ``failures`` the requests that
failed, grouped by route, outcome and status: ``first_body`` is the begin of the first such response, ``server_log`` the
line of the server's log that tells most of it; null where there was none.

``unranked`` says why nobody is ranked under a scenario whose load changes in steps, and ``steps`` gives, for each stack
under it, the numbers of each step: ``begins_at`` and ``ends_at`` are the rate of an open loop, or the connections of a
closed one; ``offered_rps`` is null for a closed loop.

A caveat has a ``kind``, a ``text``, and ``facts``: what the text says, by name. A number is ``{"value", "unit"}``; the
unit is ``count``, ``share`` (of one), ``1/s``, ``ms``, ``s`` or ``cores``.

``stacks`` holds what ran: interpreter, settings, and every package; ``gil`` is whether the GIL was on after the load,
and which extension turned it on, null where no worker could say. ``variants`` holds, for each stack that was measured
in more than one way, what differs between these: ``asked`` is what was varied on purpose, the rest came along.
``sweeps`` holds, for each scenario that was measured at several points, the stacks that none is certainly better than.

``counts`` holds counted instructions: the median over hash seeds, the value of each, and the native functions and files
that executed most; ``background`` is the share of timers and the like, which is subtracted. ``failed`` says why there
is no number.

``capacity`` holds, for each stack under each promise, the load at which the promise breaks, with its interval over
boots, the loads that were held and failed, what was answered in time at the load that was held, what limits the stack,
and every trial.

Keys stand in a fixed order, so the same session gives the same bytes.
"""

import math
from collections.abc import Iterable
from dataclasses import asdict
from typing import Any, Final

from stacklab.analysis.comparison.variants import variants
from stacklab.analysis.metrics import BY_ROUTE, BY_STEP, ERRORS, METRICS, THROUGHPUT, Metric, load_kind, ranked_by
from stacklab.analysis.results import SessionResult, StackResult
from stacklab.analysis.rounds.cell import BackendUsage, CellResult
from stacklab.analysis.rounds.contests import Floors
from stacklab.analysis.rounds.part import PartResult
from stacklab.analysis.rounds.routes import FailureGroup, RouteResult
from stacklab.analysis.rounds.steps import StepResult
from stacklab.report.capacity.json import capacity_document
from stacklab.report.caveats import sentence
from stacklab.report.claims.json import claim_document
from stacklab.report.kit.json import estimate, written
from stacklab.report.session.view import View
from stacklab.report.session.words.counted import document as count_document
from stacklab.report.sweep.view import SweepView, sweep_views

SCHEMA_VERSION: Final = 2


def render(view: View) -> str:
    """The document as text."""
    return written(document(view))


def document(view: View) -> dict[str, Any]:
    """Everything about a session that the page shows."""
    ranks: dict[str, dict[str, Any]] = {}
    for scenario, metric, found in view.result.ranks:
        ranks.setdefault(scenario, {})[metric.path] = [asdict(rank) for rank in found]
    return {
        "schema_version": SCHEMA_VERSION,
        "session": asdict(view.result.session),
        "host": asdict(view.result.host),
        "stacks": [_stack(one) for one in view.result.stacks],
        "variants": [asdict(kin) for kin in variants(view.result.stacks)],
        "sweeps": [_sweep(one) for one in sweep_views(view)],
        "noise_floor": _by_path(view.result, view.result.noise_floors),
        "sees": _by_path(view.result, view.result.sees),
        "alarms": [{"scenario": name, "metric": metric.path} for name, metric in view.result.alarms],
        "cells": [_cell(cell) for cell in view.result.cells if cell.rounds or cell.failed],
        "twins": [_cell(cell) for cell in view.result.twins if cell.rounds or cell.failed],
        "ranks": ranks,
        "unranked": {scenario.name: scenario.unranked for scenario in view.scenarios if scenario.unranked},
        "steps": _steps(view.result),
        "counts": [count_document(count) for count in view.result.counts],
        "capacity": [capacity_document(one) for one in view.capacities],
        "claims": [claim_document(claim) for claim in view.claims],
    }


def _sweep(one: SweepView) -> dict[str, Any]:
    return {
        "scenario": one.of,
        "metric": one.metric.path,
        "parameters": one.parameters,
        "points": [
            {"scenario": point.scenario, "at": dict(point.at), "leaders": point.leaders} for point in one.points
        ],
    }


def _stack(one: StackResult) -> dict[str, Any]:
    return {
        "stack": one.stack.name,
        "variant_of": one.variant.of if one.variant else None,
        "python": one.python,
        "gil": None if one.gil is None else asdict(one.gil),
        "settings": dict(one.stack.values),
        "packages": dict(one.all_packages),
    }


def _cell(cell: CellResult) -> dict[str, Any]:
    head = {
        "stack": cell.stack,
        "scenario": cell.scenario,
        "rounds": len(cell.rounds),
        "validity": cell.validity,
        "difference_validity": cell.difference_validity,
        "caveats": [
            {"kind": caveat.kind, "text": sentence(caveat), "facts": asdict(caveat)["facts"]} for caveat in cell.caveats
        ],
    }
    if not cell.rounds:
        return head | {"failed": {"stage": cell.failed[0].stage, "reason": cell.failed[0].reason}}
    return (
        head
        | {
            "requests": cell.requests,
            "errors": sum(cell.errors.values()),
            "errors_by_outcome": cell.errors,
            THROUGHPUT.key: None,
            "offered_rps": cell.offered_rps,
        }
        | _metrics(cell, (metric for metric in METRICS if metric is not ERRORS))
        | {"worker_shares": cell.worker_shares}
        | {"backends": [_backend(backend) for backend in cell.backends]}
        | {"routes": [_route(one) for one in cell.routes]}
        | {"failures": [_failure(one) for one in cell.failures]}
    )


def _route(one: RouteResult) -> dict[str, Any]:
    return {
        "route": one.route.name,
        "method": one.route.method,
        "path": one.route.path,
        "weight": one.route.weight,
        "requests": one.requests,
        "errors": one.errors,
        **_metrics(one, (metric for metric in BY_ROUTE if metric is not ERRORS)),
    }


def _failure(one: FailureGroup) -> dict[str, Any]:
    return {
        "route": one.route.name,
        "outcome": one.outcome.name.lower(),
        "status": one.status or None,
        "requests": one.count,
        "first_body": one.body,
        "server_log": one.log or None,
    }


def _metrics(of: CellResult | PartResult, metrics: Iterable[Metric]) -> dict[str, Any]:
    """Metrics in their order: a family is an object of its quantiles."""
    found: dict[str, Any] = {}
    for metric in metrics:
        value = estimate(of.of(metric), at_least=of.at_least(metric))
        if metric.family:
            found.setdefault(metric.family, {})[metric.quantile] = value
        else:
            found[metric.key] = value
    return found


def _steps(result: SessionResult) -> dict[str, dict[str, list[dict[str, Any]]]]:
    """By scenario and stack: the steps of its load in turn."""
    found: dict[str, dict[str, list[dict[str, Any]]]] = {}
    for cell in result.cells:
        if cell.steps:
            found.setdefault(cell.scenario, {})[cell.stack] = [_step(step) for step in cell.steps]
    return found


def _step(step: StepResult) -> dict[str, Any]:
    return {
        "begins_at": step.begins_at,
        "ends_at": step.ends_at,
        "requests": step.requests,
        "errors": step.errors,
        "offered_rps": estimate(step.offered_rps),
        **_metrics(step, BY_STEP),
        "normal_again_s": [None if math.isinf(one) else one for one in step.normal_again_s],
    }


def _by_path(result: SessionResult, every: Floors) -> dict[str, dict[str, float]] | None:
    """Relative differences in the metrics that rank; null if there are none."""
    found: dict[str, dict[str, float]] = {}
    for scenario in result.scenarios:
        if scenario.load.steps:
            continue
        floors = every.get(scenario.name, {})
        ranked = {
            metric.path: floors[metric.key] for metric in ranked_by(load_kind(scenario.load)) if metric.key in floors
        }
        if ranked:
            found[scenario.name] = ranked
    return found or None


def _backend(backend: BackendUsage) -> dict[str, Any]:
    return {
        "program": backend.program,
        "queries_per_request": estimate(backend.queries_per_request),
        "connections": estimate(backend.connections),
        "most_at_once": estimate(backend.most_at_once),
    }
