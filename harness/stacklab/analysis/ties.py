"""Tie groups: which stacks are told apart by their intervals, and which share a rank."""

from collections.abc import Mapping

from stacklab.model.verdict import Estimate


def tie_groups(estimates: Mapping[str, Estimate], *, more_is_better: bool) -> tuple[tuple[str, ...], ...]:
    """Names in groups, best first, so that two names stand in different groups only if their intervals are disjoint.

    Overlap is not transitive: a chain of overlaps makes one group, although its ends may differ. That errs towards a
    tie. Within a group the names stand in the order of their values. A name without an interval is in no group.
    """
    spans = sorted(
        (
            (*_span(estimate, more_is_better=more_is_better), name)
            for name, estimate in estimates.items()
            if estimate.low is not None and estimate.high is not None
        ),
    )
    groups: list[list[str]] = []
    reach = float("-inf")
    for near, far, name in spans:
        if near > reach:
            groups.append([])
        groups[-1].append(name)
        reach = max(reach, far)
    best_first = {name: -estimate.value if more_is_better else estimate.value for name, estimate in estimates.items()}
    return tuple(tuple(sorted(group, key=lambda name: (best_first[name], name))) for group in groups)


def _span(estimate: Estimate, *, more_is_better: bool) -> tuple[float, float]:
    """The interval on an axis on which less is better."""
    low, high = float(estimate.low or 0.0), float(estimate.high or 0.0)
    return (-high, -low) if more_is_better else (low, high)
