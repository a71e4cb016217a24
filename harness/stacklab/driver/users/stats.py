"""Locust's own statistics, fed in bulk: one request at a time they would cost more than sending it."""

import time
from collections.abc import Sequence
from typing import Any, Final

import numpy as np
from locust.stats import RequestStats, StatsEntry, StatsError, bucket_response_time
from numpy.typing import NDArray

from stacklab.driver.loop.rows import Rows
from stacklab.model.measured.record import Outcome, outcomes_of
from stacklab.model.traffic.order import PlannedRequest
from stacklab.units import NS_PER_MS, NS_PER_S, Nanoseconds

EVERY_NS: Final = NS_PER_S
"""While somebody looks on (the web page, a CSV file, locust's master), he sees the last second."""


class LocustStats:
    """Adds rows to locust's statistics: at the end, and every second if somebody looks on.

    Looking on has a price, some milliseconds a second at 20,000 requests a second, in which nothing is sent: a load
    that is measured has no onlookers.
    """

    def __init__(self, stats: RequestStats, shots: Sequence[PlannedRequest], *, live: bool) -> None:
        """``stats`` is the environment's; locust names a request after the endpoint of its shot."""
        self._stats = stats
        self._shots = shots
        self._live = live
        self._fed = 0
        self._next_ns = 0
        self._wall_offset_ns = time.time_ns() - time.monotonic_ns()

    def update(self, rows: Rows, now_ns: Nanoseconds) -> None:
        """Feed what is new, if somebody looks on and a second has passed."""
        if self._live and now_ns >= self._next_ns:
            self._next_ns = now_ns + EVERY_NS
            self.close(rows)

    def close(self, rows: Rows) -> None:
        """Feed what is new."""
        new = rows.since(self._fed)
        self._fed = len(rows)
        for endpoint in np.unique(new["endpoint"]):
            shot = self._shots[endpoint]
            self._feed(new[new["endpoint"] == endpoint], name=shot.endpoint, method=shot.method)

    def _feed(self, rows: NDArray[Any], *, name: str, method: str) -> None:
        milliseconds = (rows["read_ns"] - rows["intended_ns"]) / NS_PER_MS
        ended_s = (rows["read_ns"] + self._wall_offset_ns) // NS_PER_S
        outcomes = outcomes_of(rows["phase_outcome"])
        failed = outcomes != Outcome.OK

        # as a worker reports to its master: an entry of its own, which locust knows how to add
        entry = StatsEntry(self._stats, name, method)
        entry.start_time = float(ended_s.min())
        entry.last_request_timestamp = float(rows["read_ns"].max() + self._wall_offset_ns) / NS_PER_S
        entry.num_requests = len(rows)
        entry.num_failures = int(failed.sum())
        entry.total_response_time = float(milliseconds.sum())  # type: ignore[assignment] # locust sums floats too
        entry.min_response_time = float(milliseconds.min())  # type: ignore[assignment] # the same
        entry.max_response_time = float(milliseconds.max())  # type: ignore[assignment] # the same
        entry.total_content_length = int(rows["bytes"].sum(dtype=np.int64))
        for value, count in _counted(np.rint(milliseconds)):
            entry.response_times[bucket_response_time(value)] += count
        entry.num_reqs_per_sec.update(_counted(ended_s))
        entry.num_fail_per_sec.update(_counted(ended_s[failed]))
        self._stats.entries[name, method].extend(entry)
        self._stats.total.extend(entry)

        for outcome, count in _counted(outcomes[failed]):
            error = Outcome(outcome).name.lower()
            key = StatsError.create_key(method, name, error)
            self._stats.errors.setdefault(key, StatsError(method, name, error)).occurrences += count


def _counted(values: NDArray[Any]) -> list[tuple[int, int]]:
    """Each value, as a whole number, and how often it is there."""
    distinct, counts = np.unique(values, return_counts=True)
    return list(zip(distinct.astype(np.int64).tolist(), counts.tolist(), strict=True))
