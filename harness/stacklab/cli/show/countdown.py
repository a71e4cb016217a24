"""How long is left: what was expected, corrected by how long the finished part has taken."""

from stacklab.units import NS_PER_S, Nanoseconds, Seconds


class Countdown:
    """The time left of a list of steps, of each of which it is known about how long it takes."""

    def __init__(self, expected_s: Seconds, now_ns: Nanoseconds) -> None:
        """Begin: nothing is done yet of all that is expected."""
        self._left_s = expected_s
        self._done_s = 0.0
        self._begin_ns = self._last_ns = now_ns

    def ends(self, expected_s: Seconds, now_ns: Nanoseconds) -> None:
        """A step has ended, of which so much was expected; steps may run at once, and end at once."""
        self._left_s -= expected_s
        self._done_s += expected_s
        self._last_ns = now_ns

    def adds(self, expected_s: Seconds) -> None:
        """There is more to do than was known."""
        self._left_s += expected_s

    def left_s(self, now_ns: Nanoseconds) -> Seconds:
        """What is left, if the rest deviates from what is expected as the finished part did."""
        taken_s = (self._last_ns - self._begin_ns) / NS_PER_S
        factor = taken_s / self._done_s if self._done_s else 1.0
        return max(0.0, self._left_s * factor - (now_ns - self._last_ns) / NS_PER_S)
