"""When warm-up and measured window are: known from the start where the warm-up is fixed, else when it is over."""

from collections.abc import Callable

from stacklab.driver.control.channel import ControlChannel
from stacklab.driver.loop.rows import Rows
from stacklab.driver.pacing.pace import NEVER, PhaseBounds
from stacklab.driver.pacing.warmup import Warmup
from stacklab.errors import StacklabError
from stacklab.model.measured.record import Phase, PhaseSpan
from stacklab.model.traffic.order import Order
from stacklab.model.traffic.warmup import WarmupEnd
from stacklab.units import Nanoseconds, ns_from_s


class Phases:
    """Fixes the measured window, and tells those who have to know before it begins."""

    def __init__(
        self,
        order: Order,
        rows: Rows,
        channel: ControlChannel,
        start_ns: Nanoseconds,
        *,
        tell: tuple[Callable[[PhaseBounds], None], ...] = (),
    ) -> None:
        """``tell`` is called once, with the window."""
        self.bounds = PhaseBounds(start_ns)
        self.warmup_end: WarmupEnd | None = None
        """What has ended the warm-up, or is about to; None while that is open."""
        self._measure_for_ns = ns_from_s(order.measure_s)
        self._channel = channel
        self._tell = tell
        self._warmup = Warmup(order, rows, start_ns)
        if order.plateau is None:
            self.warmup_end = WarmupEnd.FIXED
            self._fix(start_ns + ns_from_s(order.warmup_s))

    def check(self, now_ns: Nanoseconds) -> None:
        """Find out whether the warm-up is over, unless that is known."""
        if self.bounds.is_fixed:
            return
        if self.warmup_end is None:
            self.warmup_end = self._warmup.end(now_ns)
        if self.warmup_end is None:
            return
        measure_ns = self._channel.measure_ns()
        if measure_ns is None:
            return
        if measure_ns <= now_ns:
            raise StacklabError("the other processes began to measure before this one heard of it: leave it a core")
        self._fix(measure_ns)

    def until(self, stopped_ns: Nanoseconds) -> tuple[PhaseSpan, ...]:
        """The phases that there were, the last of which ended then."""
        start_ns, measure_ns, end_ns = self.bounds
        begins_ns, ends_ns = (start_ns, measure_ns, end_ns), (measure_ns, end_ns, NEVER)
        return tuple(
            PhaseSpan(phase=phase, start_ns=begin_ns, end_ns=min(until_ns, stopped_ns))
            for phase, begin_ns, until_ns in zip(Phase, begins_ns, ends_ns, strict=True)
            if begin_ns <= stopped_ns
        )

    def _fix(self, measure_ns: Nanoseconds) -> None:
        end_ns = measure_ns + self._measure_for_ns
        self.bounds = self.bounds._replace(measure_ns=measure_ns, end_ns=end_ns)
        for tell in self._tell:
            tell(self.bounds)
        self._channel.announce(
            (
                PhaseSpan(phase=Phase.WARMUP, start_ns=self.bounds.start_ns, end_ns=measure_ns),
                PhaseSpan(phase=Phase.MEASURE, start_ns=measure_ns, end_ns=end_ns),
            )
        )
