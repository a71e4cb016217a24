"""The warm-up as the driver sees it: when it is over, judged by the rows so far."""

import numpy as np

from stacklab.driver.loop.rows import Rows
from stacklab.model.measured.record import ANSWERED, outcomes_of
from stacklab.model.traffic.order import Order
from stacklab.model.traffic.warmup import WarmupEnd
from stacklab.steady_state import judge, levels
from stacklab.units import Nanoseconds, ns_from_s


class Warmup:
    """Looks at the rows now and then until the order's test, or its upper bound, ends the warm-up.

    A look costs 3 ms where 20,000 requests a second are answered; there are at most a dozen or so.
    """

    def __init__(self, order: Order, rows: Rows, start_ns: Nanoseconds) -> None:
        """Nothing is looked at before the lower bound."""
        self._order = order
        self._rows = rows
        self._start_ns = start_ns
        self._look_ns = start_ns + ns_from_s(order.warmup_s)
        self._first = 0
        """Rows before this one are of the first half, which only grows."""
        if order.plateau is not None:
            # the first look of a process takes 10 ms longer: better now than while requests are sent
            windows = order.plateau.windows
            read = np.arange(windows)
            judge(levels(read - 1, read, order.load, start_ns=0, end_ns=windows, windows=windows), order.plateau)

    def end(self, now_ns: Nanoseconds) -> WarmupEnd | None:
        """Say what ends the warm-up now; None while it goes on. To be asked only where the order has a test."""
        plateau = self._order.plateau
        if plateau is None or now_ns < self._look_ns:
            return None
        so_far_ns = now_ns - self._start_ns
        half_ns = self._start_ns + so_far_ns // 2
        rows = self._rows.since(self._first)
        recent = rows["read_ns"] >= half_ns
        self._first += int(np.argmax(recent)) if recent.any() else len(rows)
        rows = rows[recent & np.isin(outcomes_of(rows["phase_outcome"]), ANSWERED)]
        found = judge(
            levels(
                rows["intended_ns"],
                rows["read_ns"],
                self._order.load,
                start_ns=half_ns,
                end_ns=now_ns,
                windows=plateau.windows,
            ),
            plateau,
        )
        if found is WarmupEnd.PLATEAU or so_far_ns >= ns_from_s(plateau.at_most_s):
            return found
        longest_ns = ns_from_s(plateau.at_most_s)
        self._look_ns = self._start_ns + min(round(so_far_ns * plateau.growth), longest_ns)
        return None
