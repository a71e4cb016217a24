"""Counts what a request makes a server execute: one worker, one connection, one request in flight.

The whole contract is verified once, by a server that is not counted and leaves all files behind that a first start
makes. Then a boot for each hash seed: warm up, count, then batches of requests with a reading between them. What
the server executes without requests is counted, too, and recorded apart. Several boots run at once
where the world has room for them: what a server executes does not depend on how fast it executes it.
"""

import random
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from itertools import cycle, islice
from math import ceil
from pathlib import Path
from typing import Final, Protocol
from urllib.parse import urlencode

from stacklab.analysis.instructions.per_request import unsteady
from stacklab.engine.orders import serving, shots
from stacklab.engine.world import Server
from stacklab.errors import StageError
from stacklab.model.measured.counting import (
    Count,
    CountedStretch,
    CountEffort,
    CountSource,
    FunctionCount,
    NativeFunction,
    SeedCount,
)
from stacklab.model.plan import Plan
from stacklab.model.stack import Stack
from stacklab.model.traffic.contract import Backend, Contract
from stacklab.model.traffic.exchange import Exchange, Response, exchanges, mismatches
from stacklab.model.traffic.order import Between, PlannedRequest, pattern_for
from stacklab.model.traffic.scenario import Scenario
from stacklab.units import NS_PER_S, Nanoseconds, Seconds

SETTLING: Final = 20
"""Requests between the start of counting and the first reading."""

IDLE_S: Final[Seconds] = 2.0
"""Without a request, to see what timers execute; most of them come ten times a second, or once."""

BATCHES: Final = 3

ATTEMPTS: Final = 3
"""How often batches are sent until they agree, each time twice as long: garbage collections come in steps."""

KEPT_FUNCTIONS: Final = 25
KEPT_OBJECTS: Final = 15


class CountedServer(Protocol):
    """A server whose instructions are counted."""

    @property
    def server(self) -> Server:
        """The server, verified once."""

    @property
    def fixed_addresses(self) -> bool:
        """Whether its addresses are the same each time."""

    def send(self, exchange: Exchange) -> Response:
        """Send one request, on the connection that is kept. Raises ``StageError`` without a response."""

    def start(self) -> None:
        """Count from now on, and from zero."""

    def take(self) -> int:
        """What was executed since the last time. Raises ``StageError`` where that is not known."""

    def functions(self) -> Mapping[NativeFunction, int]:
        """Where what was counted since the start was executed; nothing where the source cannot say. Ends the count."""

    def rest(self, duration_s: Seconds) -> None:
        """Send nothing for some time."""


class CountingWorld(Protocol):
    """What counting needs of the machine. Methods raise ``StageError`` for what fails a count."""

    def utc_now(self) -> str:
        """The time of day, ISO 8601."""

    def now_ns(self) -> Nanoseconds:
        """CLOCK_MONOTONIC."""

    def provide(self, stack: Stack) -> None:
        """Make the environment of a stack, or find it made."""

    def start_backends(self, backends: Sequence[Backend], scenario: Scenario) -> None:
        """Have these backends run, as the scenario wants them."""

    def is_free_threaded(self, stack: Stack) -> bool:
        """Whether the interpreter of its environment was built to do without the GIL."""

    def boot_counted(
        self, stack: Stack, first: Exchange, folder: Path, *, hash_seed: int, source: CountSource
    ) -> AbstractContextManager[CountedServer]:
        """Start the server where it can be counted; its whole tree ends with the block. Threads may call this."""

    def boot(self, stack: Stack, first: Exchange, folder: Path) -> AbstractContextManager[Server]:
        """Start the server as it is served otherwise; its whole tree ends with the block."""

    @property
    def boots_at_once(self) -> int:
        """How many servers of ``boot_counted`` may run at the same time."""

    def abandon(self) -> None:
        """Begin to end all servers, those that boot among them, and start no further one."""

    def mismatches(self, server: Server, exchanges: Iterable[Exchange]) -> tuple[str, ...]:
        """Send every request; each way in which a response breaks the contract, as a sentence."""

    def count_tool(self, source: CountSource) -> str:
        """What counts, with its version."""


def count(wanted: Count, plan: Plan, world: CountingWorld, folder: Path) -> Count:
    """Count one stack under one scenario; why it could not be done is part of the result."""
    found = wanted
    try:
        served, traffic = serving(wanted.stack, wanted.scenario, plan)
        requests = tuple(_requests(traffic, plan))
        _insist_on_one(served)
        world.provide(served)
        _insist_on_gil(served, world)
        world.start_backends(plan.contract.backends_of(served.serves), traffic)
        found = replace(found, tool=world.count_tool(wanted.source))
        checks = tuple(exchanges(plan.contract, served))

        with world.boot(served, checks[0], folder) as server:
            _insist(world.mismatches(server, checks))

        def boot(hash_seed: int) -> _Boot:
            with world.boot_counted(served, checks[0], folder, hash_seed=hash_seed, source=wanted.source) as counted:
                return _of_boot(counted, requests, world, hash_seed=hash_seed, effort=wanted.effort)

        boots = _side_by_side(boot, wanted.effort.hash_seeds, world)
    except StageError as error:
        return replace(found, failed=error.reason)
    functions: Counter[NativeFunction] = Counter()
    objects: Counter[str] = Counter()
    for one in boots:
        functions.update(one.functions)
    for function, executed in functions.items():
        objects[function.object] += executed
    facts = boots[0].server.facts
    return replace(
        found,
        python=facts.python,
        packages=facts.packages,
        fixed_addresses=all(one.fixed_addresses for one in boots),
        seeds=tuple(one.count for one in boots),
        functions=tuple(
            FunctionCount(name=one.name, object=one.object, instructions=executed)
            for one, executed in functions.most_common(KEPT_FUNCTIONS)
        ),
        objects=dict(objects.most_common(KEPT_OBJECTS)),
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class _Boot:
    """What is known of one boot."""

    count: SeedCount
    functions: Mapping[NativeFunction, int]
    server: Server
    fixed_addresses: bool


def _side_by_side(boot: Callable[[int], _Boot], hash_seeds: Sequence[int], world: CountingWorld) -> Sequence[_Boot]:
    """Each boot, in the order of the seeds. Raises the StageError of the first that fails; later ones are not begun."""
    with ThreadPoolExecutor(max_workers=world.boots_at_once) as pool:
        coming = [pool.submit(boot, hash_seed) for hash_seed in hash_seeds]
        try:
            return [one.result() for one in coming]
        except StageError:
            pool.shutdown(wait=False, cancel_futures=True)
            raise
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            world.abandon()
            raise


def _of_boot(
    counted: CountedServer,
    requests: Sequence["_Request"],
    world: CountingWorld,
    *,
    hash_seed: int,
    effort: CountEffort,
) -> _Boot:
    """Warm up, and count the batches. Raises StageError where they do not agree, or a response is wrong."""
    coming = cycle(requests)
    batch = (
        ceil(effort.requests / len(requests)) * len(requests) if len(requests) <= effort.requests else effort.requests
    )

    def stretch(number: int, *, idle_s: Seconds = 0.0) -> CountedStretch:
        start_ns = world.now_ns()
        for request in islice(coming, number):
            request.send(counted)
        if idle_s:
            counted.rest(idle_s)
        instructions = counted.take()
        took_s = (world.now_ns() - start_ns) / NS_PER_S
        return CountedStretch(requests=number, instructions=instructions, took_s=took_s)

    for request in islice(coming, effort.warmup):
        request.send(counted)
    counted.start()
    stretch(SETTLING)
    idle = stretch(0, idle_s=IDLE_S)
    counted.start()
    batches: list[CountedStretch] = []
    for attempt in range(ATTEMPTS):
        batches += [stretch(batch * 2**attempt) for _ in range(BATCHES)]
        found = SeedCount(hash_seed=hash_seed, boot_s=counted.server.facts.boot_s, idle=idle, batches=tuple(batches))
        reason = unsteady(found)
        if reason is None:
            return _Boot(
                count=found,
                functions=counted.functions(),
                server=counted.server,
                fixed_addresses=counted.fixed_addresses,
            )
    raise StageError(f"not steady: {reason}")


class _Request:
    """A request, and how its response is verified."""

    def __init__(self, exchange: Exchange, *, pattern: str | None) -> None:
        self._exchange = exchange
        self._pattern = None if pattern is None else pattern_for(exchange.target, pattern)

    def send(self, counted: CountedServer) -> None:
        """Send it. Raises StageError for a response that breaks the contract."""
        response = counted.send(self._exchange)
        _insist(tuple(mismatches(self._exchange, response)))
        if self._pattern is not None and self._pattern.fullmatch(response.body) is None:
            raise StageError(f"the contract is broken: {self._exchange.name}: its body is not what the contract says")


def _requests(scenario: Scenario, plan: Plan) -> Iterator[_Request]:
    """The requests of a scenario, each as often as its weight says, in a fixed order that mixes them."""
    planned = tuple(shots(scenario, plan.contract))
    if any(one.message is not None for one in planned):
        raise StageError("messages on a WebSocket are not counted: a scenario of HTTP requests is")
    every = [
        _Request(_exchange(one, target, plan.contract, scenario), pattern=one.expect_pattern)
        for one in planned
        for target in _targets(one)
    ]
    random.Random(0).shuffle(every)  # noqa: S311 (an order that is the same for every stack)
    yield from every


def _exchange(request: PlannedRequest, target: str, contract: Contract, scenario: Scenario) -> Exchange:
    endpoint = contract.endpoints[request.endpoint]
    recorded = None if request.expect_body is not None else endpoint.recorded
    return Exchange(
        summary=request.endpoint,
        target=target,
        method=request.method,
        headers=request.headers if scenario.keep_alive else {**request.headers, "connection": "close"},
        sends=request.body.encode(),
        status=(request.expect_status,),
        body=request.expect_body,
        recorded=recorded,
        names_worker=recorded.names_worker if recorded else False,
    )


VARIANTS: Final = 20
"""Targets of a request that varies, for each time that its weight counts."""


def _targets(request: PlannedRequest) -> Iterator[str]:
    """The target, once for each count of its weight; where it varies, several, drawn by a fixed seed."""
    if not request.vary:
        yield from [request.target] * request.weight
        return
    chance = random.Random(0)  # noqa: S311 (the same for every stack)
    sign = "&" if "?" in request.target else "?"
    for _ in range(VARIANTS * request.weight):
        drawn = {
            name: str(chance.randint(values.low, values.high)) if isinstance(values, Between) else chance.choice(values)
            for name, values in request.vary.items()
        }
        yield f"{request.target}{sign}{urlencode(drawn)}"


def _insist_on_one(stack: Stack) -> None:
    """Raise StageError for a stack whose requests go to several workers."""
    if stack.workers > 1:
        raise StageError(
            f"{stack.workers} workers are not counted: which of them gets a request is chance; count it with one"
        )


def _insist_on_gil(stack: Stack, world: CountingWorld) -> None:
    if world.is_free_threaded(stack):
        raise StageError("free-threaded builds are not counted: their threads wait for each other by spinning")


def _insist(found: tuple[str, ...]) -> None:
    if found:
        raise StageError(f"the contract is broken: {found[0]}")
