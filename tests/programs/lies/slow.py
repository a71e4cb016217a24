"""Takes 5 ms for each answer, one after the other: 200 a second at most, whatever is offered."""

import time

from lying import answer, serve


def slowly(number: int, connections: int) -> bytes:
    """Keep everybody waiting."""
    time.sleep(0.005)  # noqa: TID251 (being slow is what this program is for)
    return answer()


serve(slowly)
