"""Before an app of the user's own is measured it is asked by every server, to know what it answers.

Rule 1: the first answer is the expected one, unless it is an error that nobody asked for.
Rule 2: an answer that differs from it where nothing says that it may is refused, with what would allow it.
Rule 3: a server that cannot host the app is skipped with the reason, and the others go on.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from http import HTTPStatus
from typing import Final

from stacklab.catalog.own_app import AppRequest
from stacklab.effects import clock
from stacklab.effects.environments.folders import scratch
from stacklab.effects.wire.http import NoResponse
from stacklab.engine.world import Server
from stacklab.errors import StageError, UsageError
from stacklab.hosting.difference import difference
from stacklab.hosting.machine import HostingMachine
from stacklab.model.fingerprint import fingerprint
from stacklab.model.own_app import LeftOut
from stacklab.model.stack import Stack
from stacklab.model.traffic.contract import RecordedResponse
from stacklab.model.traffic.exchange import Response, telling_headers
from stacklab.units import Seconds, ns_from_s

ASKED_TIMES: Final = 3
"""In a row, of one server: an app that counts shows itself at the second."""

APART_S: Final[Seconds] = 1.1
"""Between the first answer and the last, which another process gives: what tells seconds, or its process, shows."""

HOPELESS: Final = 2
"""So many servers that do not boot, and none that did: it is the app."""


@dataclass(frozen=True, kw_only=True, slots=True)
class RecordedRequest:
    """A request, and what the app answered first."""

    question: AppRequest
    """Its exchange says what must be answered from now on."""
    answer: Response


@dataclass(frozen=True, kw_only=True, slots=True)
class ServerOutcome:
    """What one server made of it."""

    stack: Stack
    boot_s: Seconds | None = None
    refused: str | None = None
    """Why it cannot host the app; None: it can."""
    kept: str | None = None
    """The same, without anything of what was answered."""
    booted: bool
    """Whether it was started at all: its environment could be made."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Rehearsal:
    """What is known before anything is measured."""

    recorded: tuple[RecordedRequest, ...]
    heard: tuple[ServerOutcome, ...]
    left_out: tuple[LeftOut, ...]


class DifferentResponse(StageError):  # noqa: N818 (what happened, in the words of the domain)
    """A server under which the app answers something else."""

    def __init__(self, kept: str, difference: str) -> None:
        """Keep what may be kept apart from what was answered."""
        super().__init__(f"{kept}: {difference}")
        self.kept = kept


def rehearse(
    asked: Sequence[AppRequest],
    stacks: Sequence[Stack],
    world: HostingMachine,
    *,
    tell: Callable[[ServerOutcome], None],
    tell_fault: Callable[[str], None],
) -> Rehearsal:
    """Ask everything of every server. Raises UsageError where it is the app that is wrong, or what is asked of it.

    ``tell`` hears of each server, ``tell_fault`` why a request was left out that nobody wrote.
    """
    heard: list[ServerOutcome] = []
    left_out: Counter[str] = Counter()
    recorded: tuple[RecordedRequest, ...] = ()
    for stack in stacks:
        booted = False
        try:
            world.provide(stack)
            booted = True
            if recorded:
                boot_s = _compare(recorded, stack, world)
            else:
                recorded, boot_s = _record(asked, stack, world, left_out, tell_fault)
        except StageError as error:
            kept = error.kept if isinstance(error, DifferentResponse) else error.reason
            heard.append(ServerOutcome(stack=stack, refused=error.reason, kept=kept, booted=booted))
        else:
            heard.append(ServerOutcome(stack=stack, boot_s=boot_s, booted=True))
        tell(heard[-1])
        if not recorded and sum(one.booted for one in heard) == HOPELESS:
            break
    if not recorded:
        why = next((one for one in heard if one.booted), heard[0])
        raise UsageError(f"the app is not served: {why.stack.name}: {why.refused}")
    return Rehearsal(
        recorded=recorded,
        heard=tuple(heard),
        left_out=tuple(LeftOut(reason=reason, count=count) for reason, count in left_out.items()),
    )


def _record(
    asked: Sequence[AppRequest],
    stack: Stack,
    world: HostingMachine,
    left_out: Counter[str],
    tell_fault: Callable[[str], None],
) -> tuple[tuple[RecordedRequest, ...], Seconds]:
    """Ask one server several times, and another process of it once more: the first answers, where the others agree."""
    # An app may do at its first request what others do at their start.
    trials = [_ProbedRequest(question, world, patience_s=stack.boot_s) for question in asked]
    with _booted(stack, world, asked[0]) as server:
        begin_ns = clock.now_ns()
        for trial in trials * ASKED_TIMES:
            trial.ask(server)
    clock.pause_until(begin_ns + ns_from_s(APART_S))
    with _booted(stack, world, asked[0]) as server:
        for trial in trials:
            trial.ask(server)
        boot_s = server.facts.boot_s
    recorded = tuple(trial.recorded() for trial in trials if trial.fault is None)
    for trial in trials:
        if trial.fault is not None:
            if trial.question.written or not recorded:
                raise UsageError(trial.fault)
            left_out[trial.kind] += 1
            tell_fault(trial.fault)
    return recorded, boot_s


class _ProbedRequest:
    """A request that is tried, and the first answer to it."""

    def __init__(self, question: AppRequest, world: HostingMachine, *, patience_s: Seconds) -> None:
        self.question = question
        self.fault: str | None = None
        """Why it cannot be measured, as a sentence that begins with the request."""
        self.kind = ""
        """The same in few words, which hold nothing of what was answered."""
        self._world = world
        self._patience_s = patience_s
        self._first: Response | None = None

    def ask(self, server: Server) -> None:
        """Ask, and compare with the first answer; what had a fault is not asked again."""
        if self.fault is not None:
            return
        question, asked = self.question, self.question.exchange
        try:
            answer = self._world.ask(server, asked, timeout_s=self._patience_s)
        except NoResponse as error:
            self.kind = "not answered"
            found: str | None = (
                f"no answer ({error.reason}){self._world.blame(server)}; an answer must end, "
                f"and within `boot_s`, which is {self._patience_s:g} s"
            )
        else:
            if self._first is None:
                self._first = answer
                self.kind = f"answered {answer.status}"
                found = _error(question, answer, self._world.blame(server))
            else:
                self.kind = "not answered twice alike"
                found = difference(self._first, answer, vary=question.vary, any_body=question.any_body)
                found = found and f"the answers to it differ: {found}; if they may, say so with --vary-body"
        if found is not None:
            self.fault = f"{asked.method} {asked.target}: {found}"

    def recorded(self) -> RecordedRequest:
        """The first answer as the expected one."""
        question, answer = self.question, self._first
        if answer is None:
            raise AssertionError("it was asked, and had no fault")
        headers = telling_headers(answer)
        if question.any_body:
            headers.pop("location", None)
        body = None if question.any_body else fingerprint(answer.body, encoding=answer.encoding, vary=question.vary)
        known = RecordedResponse(headers=headers, body=body, names_worker=question.exchange.names_worker)
        exchange = replace(question.exchange, status=(answer.status,), recorded=known)
        return RecordedRequest(question=replace(question, exchange=exchange), answer=answer)


def _error(question: AppRequest, answer: Response, blame: str) -> str | None:
    """What is wrong with a first answer, or None."""
    wanted, said = question.ask.status, _status_in_words(answer.status)
    if wanted is not None:
        return None if answer.status == wanted else f"the app answers {said}, and `status` says {wanted}{blame}"
    if answer.status < HTTPStatus.BAD_REQUEST:
        return None
    return (
        f"the app answers {said}{blame}; correct the request, or say `status = {answer.status}` in app.toml if that "
        "is what shall be measured"
    )


def _compare(recorded: Sequence[RecordedRequest], stack: Stack, world: HostingMachine) -> Seconds:
    """Ask another server, and hold its answers against those of the first. Raises StageError for a difference."""
    with _booted(stack, world, recorded[0].question) as server:
        for one in recorded:
            question, asked = one.question, one.question.exchange
            answer = world.ask(server, asked, timeout_s=stack.boot_s)
            found = difference(one.answer, answer, vary=question.vary, any_body=question.any_body)
            if found is not None:
                raise DifferentResponse(f"it answers {asked.method} {asked.target} otherwise than the first", found)
        return server.facts.boot_s


@contextmanager
def _booted(stack: Stack, world: HostingMachine, first: AppRequest) -> Iterator[Server]:
    """The server, as soon as it answers anything: what the app should answer is not known yet."""
    anything = world.count if world.hosting.count else replace(first.exchange, status=(), recorded=None)
    with scratch() as folder, world.boot(stack, anything, folder) as server:
        yield server


def _status_in_words(status: int) -> str:
    try:
        return f"{status} {HTTPStatus(status).phrase}"
    except ValueError:
        return str(status)
