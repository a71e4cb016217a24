"""Waiting until a server serves: ready is a verified answer, never a time that has passed."""

import re
import signal
from collections.abc import Sequence
from typing import Final

from stacklab.effects.clock import now_ns, wait_for
from stacklab.effects.http import NoAnswer, ask
from stacklab.effects.process import Child
from stacklab.effects.tree import tree
from stacklab.errors import StageError
from stacklab.model.contract import SERVED_BY, Answer, Exchange, breaches
from stacklab.units import NS_PER_S, Seconds, ns_from_s

REASON: Final = re.compile(
    r"""
    ^(\w+\.)*\w*(Error|Exception|Exit)(:|$)   # the last line of a traceback
    | \b(address|connection)[ ](already[ ])?in[ ]use\b
    | \berror[ ]loading[ ]asgi[ ]app\b        # uvicorn
    | \bfailed[ ]to[ ](find|parse)\b          # gunicorn
    """,
    re.VERBOSE | re.IGNORECASE,
)
"""A line of a server's log that says why it does not serve."""


def first_answer(child: Child, host: str, port: int, exchange: Exchange, *, deadline_s: Seconds) -> Answer:
    """Ask until the answer keeps the contract and comes from this child: that answer.

    Raises StageError, with the tail of the log, if the server dies, never answers, or answers wrongly to the end.
    """
    deadline_ns = now_ns() + ns_from_s(deadline_s)
    faults = ["it was never asked"]

    def good_answer() -> Answer | None:
        _require_alive(child)
        try:
            # Who listens may still be loading the app, so let it take the time there is.
            answer = ask(host, port, exchange, timeout_s=max(0.1, (deadline_ns - now_ns()) / NS_PER_S))
        except NoAnswer as error:
            faults[:] = [error.reason]
            return None
        faults[:] = [*breaches(exchange, answer), *_stranger(child, answer)]
        return None if faults else answer

    answer = wait_for(good_answer, deadline_s=deadline_s)
    if answer is None:
        _require_alive(child)
        log = child.tail()
        reason = f"{child.name} gave no good answer within {deadline_s:g} s: {faults[0]}"
        raise StageError("; its log says: ".join((reason, *_reasons(log)[-1:])), log_tail=log)
    return answer


def _require_alive(child: Child) -> None:
    """Raise StageError, saying how and why, if the server has died."""
    code = child.returncode()
    if code is not None:
        log = child.tail()
        how = f"exited with code {code}" if code >= 0 else f"was ended by {signal.Signals(-code).name}"
        last_words = _reasons(log) or [line.strip() for line in log if line.strip()]
        raise StageError(
            "; its log says: ".join((f"{child.name} {how} before it served", *last_words[-1:])), log_tail=log
        )


def _stranger(child: Child, answer: Answer) -> Sequence[str]:
    """The fault that another server answers at this port, one that was there before."""
    worker = answer.headers.get(SERVED_BY, "")
    if worker.isdecimal() and int(worker) not in tree(child.pid):
        return [f"process {worker} answers there, which is none of its own: is the port taken?"]
    return []


def _reasons(log: Sequence[str]) -> list[str]:
    """The lines of a log that give a reason."""
    return [line.strip() for line in log if REASON.search(line)]
