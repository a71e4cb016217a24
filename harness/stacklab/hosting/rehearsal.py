"""Before the user's own app is measured, every server sends it every request once, to learn its responses.

Rule 1: the first response becomes the expected one, unless it is an error that the user did not ask for.
Rule 2: a response that differs from it where nothing allows that is refused, with what would allow it.
Rule 3: a server that cannot host the app is skipped with the reason, and the others go on. The app is at fault only
    where it fails on every server.
Rule 4: servers that run the app's lifespan come first: what the app responds without it need not be correct.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from http import HTTPStatus
from pathlib import Path
from typing import Final, Protocol

from stacklab.catalog.own_app import AppRequest
from stacklab.effects import clock
from stacklab.effects.environments.folders import scratch
from stacklab.effects.wire.http import NoResponse
from stacklab.engine.world import Server
from stacklab.errors import StageError, UsageError
from stacklab.hosting.difference import difference
from stacklab.hosting.excerpt import excerpt
from stacklab.model.fingerprint import fingerprint
from stacklab.model.own_app import LeftOut
from stacklab.model.stack import Stack
from stacklab.model.traffic.contract import RecordedResponse
from stacklab.model.traffic.exchange import Exchange, Response, telling_headers
from stacklab.units import Nanoseconds, Seconds, ns_from_s

REPEATS: Final = 3
"""How often one process gets each request: an app that counts shows itself at the second."""

APART_S: Final[Seconds] = 1.1
"""Between the first response and the last, which another process gives: a response that names the second, or its
process, shows itself."""

WITHOUT_LIFESPAN: Final = "it does not run the app's lifespan"


class RehearsalWorld(Protocol):
    """What a rehearsal needs of the machine. Methods raise ``StageError`` for what a server cannot do."""

    @property
    def counter(self) -> Exchange | None:
        """The request for the number of requests; None: they are not counted."""

    def provide(self, stack: Stack) -> None:
        """Make the environment of a stack, or find it made."""

    def boot(self, stack: Stack, first: Exchange, folder: Path) -> AbstractContextManager[Server]:
        """Start the server and wait for its first response; its whole tree ends with the block."""

    def request(self, server: Server, exchange: Exchange, *, timeout_s: Seconds) -> Response:
        """Send one request, and return the response, whatever it is. Raises ``NoResponse`` with the reason."""

    def blame(self, server: Server) -> str:
        """The last error in the server's log, or how it ended, as the end of a sentence; often nothing."""


@dataclass(frozen=True, kw_only=True, slots=True)
class RecordedRequest:
    """A request, and the app's first response."""

    request: AppRequest
    """Its exchange names the response that is expected from now on."""
    response: Response


@dataclass(frozen=True, kw_only=True, slots=True)
class ServerOutcome:
    """What became of one server."""

    stack: Stack
    boot_s: Seconds | None = None
    refused: str | None = None
    """Why it cannot host the app; None: it can."""
    kept: str | None = None
    """The same for the session's files, without anything of a response."""
    booted: bool
    """Whether it was started at all: its environment could be made."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Rehearsal:
    """What is known before anything is measured."""

    recorded: tuple[RecordedRequest, ...]
    servers: tuple[ServerOutcome, ...]
    left_out: tuple[LeftOut, ...]


class DifferentResponse(StageError):  # noqa: N818 (what happened, in the words of the domain)
    """A server under which the app responds differently."""

    def __init__(self, kept: str, difference: str) -> None:
        """Keep what may be kept apart from what was in the response."""
        super().__init__(f"{kept}: {difference}")
        self.kept = kept


class FaultyResponse(StageError):  # noqa: N818 (as above)
    """A server under which a request has no response that could be measured; the app or the request may be wrong."""

    def __init__(self, fault: "Fault") -> None:
        """Keep what would help if every server responds like this."""
        super().__init__(fault.found)
        self.fault = fault


@dataclass(frozen=True, slots=True)
class Fault:
    """Why a request cannot be measured."""

    found: str
    """A sentence that begins with the request."""
    kind: str
    """The same in few words, which hold nothing of a response."""
    remedy: str
    """What the user can do about it, as the end of the sentence."""
    of_app: bool = False
    """Whether no other server could do better."""

    def __str__(self) -> str:
        """What the user is told."""
        return f"{self.found}; {self.remedy}"


def rehearse(
    requests: Sequence[AppRequest],
    stacks: Sequence[Stack],
    world: RehearsalWorld,
    *,
    tell: Callable[[ServerOutcome], None],
    tell_fault: Callable[[str], None],
    pause_until: Callable[[Nanoseconds], None] = clock.pause_until,
) -> Rehearsal:
    """Send every request by every server. Raises UsageError where the app is wrong, or what is requested of it.

    ``tell`` is called with each server, ``tell_fault`` with the reason why a request was left out that the user did
    not write.
    """
    servers: list[ServerOutcome] = []
    faults: list[str] = []
    left_out: Counter[str] = Counter()
    recorded: tuple[RecordedRequest, ...] = ()
    for stack in sorted(stacks, key=lambda stack: not stack.lifespan):
        booted = False
        try:
            world.provide(stack)
            booted = True
            if recorded:
                boot_s = _compare(recorded, stack, world)
            else:
                probes, boot_s = _probe(requests, stack, world, pause_until)
                recorded = tuple(probe.recorded() for probe in probes if probe.fault is None)
                for fault in filter(None, (probe.fault for probe in probes)):
                    left_out[fault.kind] += 1
                    tell_fault(str(fault))
        except FaultyResponse as error:
            servers.append(_refused(stack, error.reason, kept=f"a request ends {error.fault.kind}", booted=True))
            faults.append(f"{servers[-1].refused}; {error.fault.remedy}")
        except StageError as error:
            kept = error.kept if isinstance(error, DifferentResponse) else error.reason
            servers.append(_refused(stack, error.reason, kept=kept, booted=booted))
        else:
            servers.append(ServerOutcome(stack=stack, boot_s=boot_s, booted=True))
        tell(servers[-1])
    if not recorded:
        raise UsageError(faults[0] if faults else _not_served(servers))
    return Rehearsal(
        recorded=recorded,
        servers=tuple(servers),
        left_out=tuple(LeftOut(reason=reason, count=count) for reason, count in left_out.items()),
    )


def _refused(stack: Stack, reason: str, *, kept: str, booted: bool) -> ServerOutcome:
    """A server that cannot host the app; one that booted without a lifespan may have failed for the lack of it."""
    hint = f"; {WITHOUT_LIFESPAN}" if booted and not stack.lifespan else ""
    return ServerOutcome(stack=stack, refused=reason + hint, kept=kept + hint, booted=booted)


def _not_served(servers: Sequence[ServerOutcome]) -> str:
    """Why no server responded with anything."""
    why = next((one for one in servers if one.booted), servers[0])
    return f"the app is not served: {why.stack.name}: {why.refused}"


def _probe(
    requests: Sequence[AppRequest], stack: Stack, world: RehearsalWorld, pause_until: Callable[[Nanoseconds], None]
) -> tuple[list["_ProbedRequest"], Seconds]:
    """Send each request several times by one server, and once more by another process of it."""
    # An app may do at its first request what others do when they start.
    probes = [_ProbedRequest(request, world, patience_s=stack.boot_s) for request in requests]
    with _booted(stack, world, requests[0]) as server:
        begin_ns = clock.now_ns()
        for probe in probes * REPEATS:
            probe.send(server)
    _insist_measurable(probes)
    pause_until(begin_ns + ns_from_s(APART_S))
    with _booted(stack, world, requests[0]) as server:
        for probe in probes:
            probe.send(server)
        boot_s = server.facts.boot_s
    _insist_measurable(probes)
    return probes, boot_s


def _insist_measurable(probes: Sequence["_ProbedRequest"]) -> None:
    """Refuse what leaves nothing, or leaves out what the user wrote.

    Raises:
        UsageError: it is the app's fault, whatever serves it.
        FaultyResponse: another server may respond correctly.
    """
    all_are = all(probe.fault is not None for probe in probes)
    for probe in probes:
        if probe.fault is not None and (probe.request.written or all_are):
            if probe.fault.of_app:
                raise UsageError(str(probe.fault))
            raise FaultyResponse(probe.fault)


class _ProbedRequest:
    """A request that is tried out, and the first response to it."""

    def __init__(self, request: AppRequest, world: RehearsalWorld, *, patience_s: Seconds) -> None:
        self.request = request
        self.fault: Fault | None = None
        """Why it cannot be measured."""
        self._world = world
        self._patience_s = patience_s
        self._first: Response | None = None

    def send(self, server: Server) -> None:
        """Send it, and compare the response with the first one. What had a fault is not sent again."""
        if self.fault is not None:
            return
        request, exchange = self.request, self.request.exchange
        try:
            response = self._world.request(server, exchange, timeout_s=self._patience_s)
        except NoResponse as error:
            self.fault = Fault(
                f"{_words(exchange)}: no response ({error.reason}){self._world.blame(server)}",
                "without a response",
                f"a response must be complete within `boot_s`, which is {self._patience_s:g} s",
            )
            return
        if self._first is None:
            self._first = response
            self.fault = _error(request, response, self._world.blame(server))
            return
        found = difference(self._first, response, vary=request.vary, any_body=request.any_body)
        if found is not None:
            self.fault = Fault(
                f"{_words(exchange)}: its responses differ: {found}",
                "with two different responses",
                "if they may, declare that with --vary-body",
                of_app=True,
            )

    def recorded(self) -> RecordedRequest:
        """The first response as the expected one."""
        request, response = self.request, self._first
        if response is None:
            raise AssertionError("it was sent, and had no fault")
        headers = telling_headers(response)
        if request.any_body:
            headers.pop("location", None)
        body = fingerprint(response.body, encoding=response.encoding, vary=request.vary)
        known = RecordedResponse(
            headers=headers,
            body=None if request.any_body else body,
            names_worker=request.exchange.names_worker,
        )
        exchange = replace(request.exchange, status=(response.status,), recorded=known)
        return RecordedRequest(request=replace(request, exchange=exchange), response=response)


def _error(request: AppRequest, response: Response, blame: str) -> Fault | None:
    """What is wrong with a first response, or None."""
    wanted, said, body = request.spec.status, _status_in_words(response.status), excerpt(response)
    said += f" ({body})" if body else ""
    if response.status == wanted or (wanted is None and response.status < HTTPStatus.BAD_REQUEST):
        return None
    return Fault(
        f"{_words(request.exchange)}: the app responds with {said}{blame}",
        f"with status {response.status}",
        f"app.toml has `status = {wanted}`"
        if wanted is not None
        else f"correct the request, or set `status = {response.status}` in app.toml to measure that response",
    )


def _words(exchange: Exchange) -> str:
    return f"{exchange.method} {exchange.target}"


def _compare(recorded: Sequence[RecordedRequest], stack: Stack, world: RehearsalWorld) -> Seconds:
    """Send every request by another server, and compare. Raises StageError for a response unlike the first one."""
    with _booted(stack, world, recorded[0].request) as server:
        for one in recorded:
            request, exchange = one.request, one.request.exchange
            response = world.request(server, exchange, timeout_s=stack.boot_s)
            found = difference(one.response, response, vary=request.vary, any_body=request.any_body)
            if found is not None:
                raise DifferentResponse(
                    f"its response to {_words(exchange)} differs from that of the first server", found
                )
        return server.facts.boot_s


@contextmanager
def _booted(stack: Stack, world: RehearsalWorld, first: AppRequest) -> Iterator[Server]:
    """The server, as soon as it responds with anything: what the app should respond is not known yet."""
    anything = world.counter or replace(first.exchange, status=(), recorded=None)
    with scratch() as folder, world.boot(stack, anything, folder) as server:
        yield server


def _status_in_words(status: int) -> str:
    try:
        return f"{status} {HTTPStatus(status).phrase}"
    except ValueError:
        return str(status)
