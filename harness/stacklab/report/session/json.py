"""The view as JSON: a stable interface for scripts and dashboards.

``schema_version`` grows when a key changes its meaning or goes; new keys may come without notice. History:

1 - (0.1.0) first.

An estimate E is ``{"value", "low", "high", "n"}``: the mean of n rounds with its 95 % interval; ``low`` and ``high``
are null for one round. A quantile that falls among lost requests is only a lower bound and has ``"at_least": true``.
Where there is no number (too few requests for a quantile, a counter that this machine does not give) there is null.

A cell without a completed round carries ``"failed": {"stage", "reason"}`` and no numbers; one that was not run, because
the session was interrupted, is not there. ``twins`` holds cells of the same shape: a stack that was measured once more
under another name. ``noise_floor`` is how far two such may be apart, by scenario and metric, as a relative difference,
and ``ranks`` gives for both, best first, between which places each stack stands: ``first`` is one more than are
certainly better, by more than that; ``last`` is how many are not certainly worse, the stack itself among them.

``stacks`` holds what ran: interpreter, settings, and every package; ``gil`` is whether the GIL was on after the load,
and which extension turned it on, null where no worker could say. ``variants`` holds, for each stack that was measured
in more than one way, what differs between these: ``asked`` is what was varied on purpose, the rest came along.

Keys stand in a fixed order, so the same session gives the same bytes.
"""

from dataclasses import asdict
from typing import Any, Final

from stacklab.report.claims.json import claim_document
from stacklab.report.comparison.variants import variants
from stacklab.report.kit.json import estimate, written
from stacklab.report.session.view import BackendView, CellView, StackView, View

SCHEMA_VERSION: Final = 1

_ESTIMATES: Final = (
    "cpu_us_per_request",
    "cpu_user_us_per_request",
    "cpu_system_us_per_request",
    "instructions_per_request",
    "switches_voluntary_per_request",
    "switches_involuntary_per_request",
    "run_queue_delay_share",
    "rss_mib",
    "pss_mib",
    "threads",
    "open_files",
    "driver_cpu_share",
    "backends_cpu_share",
    "steal_share",
    "requests_per_connection",
    "warmup_s",
)


def render(view: View) -> str:
    """The document as text."""
    return written(document(view))


def document(view: View) -> dict[str, Any]:
    """Everything that the page shows of a session."""
    ranks: dict[str, dict[str, Any]] = {}
    for scenario, metric, found in view.ranks:
        ranks.setdefault(scenario, {})[metric] = [asdict(rank) for rank in found]
    return {
        "schema_version": SCHEMA_VERSION,
        "session": asdict(view.session),
        "host": asdict(view.host),
        "stacks": [_stack(one) for one in view.stacks],
        "variants": [asdict(kin) for kin in variants(view.stacks)],
        "noise_floor": view.noise_floor,
        "cells": [_cell(cell) for cell in view.cells if cell.rounds or cell.failed],
        "twins": [_cell(cell) for cell in view.twins if cell.rounds or cell.failed],
        "ranks": ranks,
        "claims": [claim_document(claim) for claim in view.claims],
    }


def _stack(one: StackView) -> dict[str, Any]:
    return {
        "stack": one.stack.name,
        "variant_of": one.variant.of if one.variant else None,
        "python": one.python,
        "gil": None if one.gil is None else asdict(one.gil),
        "settings": dict(one.stack.values),
        "packages": dict(one.all_packages),
    }


def _cell(cell: CellView) -> dict[str, Any]:
    head = {
        "stack": cell.stack,
        "scenario": cell.scenario,
        "rounds": len(cell.rounds),
        "validity": cell.validity,
        "caveats": [{"kind": caveat.kind, "text": caveat.text} for caveat in cell.caveats],
    }
    if not cell.rounds:
        return head | {"failed": {"stage": cell.failed[0].stage, "reason": cell.failed[0].reason}}
    return (
        head
        | {
            "requests": cell.requests,
            "errors": sum(cell.errors.values()),
            "errors_by_outcome": cell.errors,
            "throughput_rps": estimate(cell.throughput_rps),
            "offered_rps": cell.offered_rps,
            "latency_ms": {
                name: estimate(value, at_least=name in cell.latency_at_least) for name, value in cell.latency_ms.items()
            },
            "service_ms": {name: estimate(value) for name, value in cell.service_ms.items()},
            "queue_ms": {name: estimate(value) for name, value in cell.queue_ms.items()},
            "first_byte_ms": {name: estimate(value) for name, value in cell.first_byte_ms.items()},
            "gap_ms": {name: estimate(value) for name, value in cell.gap_ms.items()},
            "read_lag_ms": {name: estimate(value) for name, value in cell.read_lag_ms.items()},
        }
        | {name: estimate(getattr(cell, name)) for name in _ESTIMATES}
        | {"worker_shares": cell.worker_shares}
        | {"backends": [_backend(backend) for backend in cell.backends]}
    )


def _backend(backend: BackendView) -> dict[str, Any]:
    return {
        "program": backend.program,
        "queries_per_request": estimate(backend.queries_per_request),
        "connections": estimate(backend.connections),
        "most_at_once": estimate(backend.most_at_once),
    }
