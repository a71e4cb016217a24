"""The load at which the share of bad requests reaches what a promise allows, from trials at several loads.

Rule 1: near that load the logarithm of the share is a straight line in the load. For M/M/1 it is one exactly
    (P(T > L) = exp(-(mu - lambda) L)), for M/D/1 nearly. Trials count the less the further the line is from the goal.
Rule 2: counts, not shares: a Poisson likelihood takes trials without a single bad request as they are. Bad requests
    come in clusters, so the scatter is that of the trials themselves (quasi-likelihood, Wedderburn 1974).
Rule 3: a trial with far more bad requests than the line says met something else, such as a stall of the machine, and
    counts less (Huber 1964). Trials with fewer are taken as they are: nothing on a machine makes a server faster.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import log
from typing import Final

import numpy as np

from stacklab.columns import Column

BANDS: Final = (1.5, 3.0)
"""How far from the goal a trial still counts: the width of a bell over the logarithm of the share. The wider one is for
trials that are so far apart that too few are near."""

HIGHEST_ROOT: Final = 2.0
"""No load of twice the maximum is ever carried."""

OUTLYING: Final = 3.0
"""Standard deviations above the line from which on a trial counts less."""

FEWEST: Final = 3
"""Trials near the goal, or there is no fit."""

_ITERATIONS: Final = 60
_NEAR: Final = 0.2
"""Weight by distance of a trial that tells of the scatter."""

_LOWEST: Final = -14.0
_HIGHEST: Final = -0.05


@dataclass(frozen=True, kw_only=True, slots=True)
class TrialCount:
    """One trial: how much was offered, and how much of it was bad."""

    level: float
    """Offered load, as a share of the maximum of the boot."""
    requests: int
    bad: int


@dataclass(frozen=True, kw_only=True, slots=True)
class RootFit:
    """Where the line meets what the promise allows."""

    level: float
    slope: float
    """Of the logarithm of the share over the level."""
    outlying: float
    """Share of the trials near the goal that had far more bad requests than the line says."""


def root(trials: Sequence[TrialCount], allowed: float) -> RootFit | None:
    """Fit the line; None where the trials do not show it: too few near the goal, or no rise."""
    fits = (_root(trials, log(allowed), band) for band in BANDS)
    return next((found for found in fits if found is not None), None)


def _root(trials: Sequence[TrialCount], goal: float, band: float) -> RootFit | None:
    level = np.array([one.level for one in trials])
    requests = np.array([one.requests for one in trials], dtype=np.float64)
    bad = np.array([one.bad for one in trials], dtype=np.float64)
    if len(trials) < FEWEST:
        return None
    told, line, trust = np.log((bad + 0.5) / (requests + 1.0)), np.zeros(2), np.ones(len(level))
    for iteration in range(_ITERATIONS):
        near = np.exp(-0.5 * ((told - goal) / band) ** 2) + 1e-6
        found = _weighted_line(level, told, requests, bad, near * trust)
        line = found if iteration == 0 else (line + found) / 2
        told = np.clip(line[0] + line[1] * level, _LOWEST, _HIGHEST)
        trust = _trust(np.exp(told) * requests, bad, near > _NEAR)
    close = near > _NEAR
    if line[1] <= 0 or np.count_nonzero(close) < FEWEST:
        return None
    meets = (goal - line[0]) / line[1]
    if not 0 < meets < HIGHEST_ROOT:
        return None
    return RootFit(level=float(meets), slope=float(line[1]), outlying=float(np.mean(trust[close] < 1.0)))


def isotonic(trials: Sequence[TrialCount]) -> tuple[tuple[float, float], ...]:
    """(level, share of bad requests), never falling: what the trials say without any line (pool adjacent violators)."""
    levels, place = np.unique(np.array([one.level for one in trials]), return_inverse=True)
    requests = np.bincount(place, [one.requests for one in trials])
    bad = np.bincount(place, [one.bad for one in trials])
    if not len(levels) or not requests.all():
        return ()
    from scipy.optimize import isotonic_regression  # noqa: PLC0415 (a fifth of a second, and every command would wait)

    fitted = isotonic_regression(bad / requests, weights=requests).x
    return tuple(zip(levels.tolist(), fitted.tolist(), strict=True))


def _weighted_line(level: Column, told: Column, requests: Column, bad: Column, weight: Column) -> Column:
    """One step of iteratively reweighted least squares, log link."""
    expected = np.exp(np.clip(told, _LOWEST, _HIGHEST)) * requests
    expected = np.maximum(expected, 1e-9)
    working = told + (bad - expected) / expected
    root_weight = np.sqrt(weight * expected)
    design = np.stack((np.ones_like(level), level), axis=1) * root_weight[:, None]
    solved: Column = np.linalg.lstsq(design, working * root_weight, rcond=None)[0]
    return solved


def _trust(expected: Column, bad: Column, near: Column) -> Column:
    """1, or less for trials with far more bad requests than expected, by the scatter of nine in ten of the others."""
    residual = (bad - expected) / np.sqrt(np.maximum(expected, 1e-9))
    squares = np.sort(residual[near] ** 2)
    kept = squares[: max(3, int(0.9 * len(squares)))]
    scatter = max(1.0, 1.3 * float(kept.mean())) if len(kept) else 1.0
    beyond = residual / np.sqrt(scatter)
    trusted: Column = np.where(beyond > OUTLYING, OUTLYING / np.maximum(beyond, 1e-9), 1.0)
    return trusted
