"""Counting boots once for each hash seed, verifies everything, and turns what fails into a result."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from threading import Barrier, Event

import pytest

from stacklab.analysis.instructions.result import count_result
from stacklab.engine.counting import SETTLING, CountedServer, count
from stacklab.engine.world import Server
from stacklab.errors import StageError
from stacklab.model.measured.counting import Count, CountEffort, CountSource, NativeFunction
from stacklab.model.measured.record import ServerFacts
from stacklab.model.plan import Plan
from stacklab.model.stack import Family, Interface, Stack, Waits
from stacklab.model.traffic.contract import Backend, Contract, Endpoint
from stacklab.model.traffic.exchange import Exchange, Response
from stacklab.model.traffic.load import Closed
from stacklab.model.traffic.scenario import CallSpec, Scenario
from stacklab.units import Seconds

COST = 200_000
EVAL = NativeFunction(name="_PyEval_EvalFrameDefault", object="python")
STACK = Stack(
    name="a",
    summary="",
    family=Family.PROCESSES,
    interface=Interface.WSGI,
    waits=Waits.BLOCKING,
    app="a:b",
    argv=("{python}",),
    requirements=(),
)
JSON = Endpoint(path="/json", exercises="", content_type="application/json", answers={"": "{}"})
ECHO = Endpoint(path="/echo", exercises="", messages=("Hello",))
FACTS = ServerFacts(argv=(), python="CPython 3.13.0", packages={"a": "1"}, cpus=(0,), boot_s=3.0)
WANTED = Count(
    stack="a",
    scenario="json",
    started_at="2026-11-20T10:15:00Z",
    source=CountSource.CALLGRIND,
    effort=CountEffort(hash_seeds=(0, 1), requests=10, warmup=5),
)


def plan_of(stack: Stack = STACK, *calls: CallSpec, keep_alive: bool = True) -> Plan:
    calls = calls or (CallSpec(endpoint="json"),)
    scenario = Scenario(name="json", summary="", calls=calls, load=Closed(connections=4), keep_alive=keep_alive)
    return Plan(
        preset="count",
        rounds=0,
        seed=1,
        warmup_s=0,
        measure_s=0,
        command="stacklab count",
        contract=Contract(endpoints={"json": JSON, "echo": ECHO}),
        stacks=(stack,),
        scenarios=(scenario,),
        cells=(),
    )


@dataclass
class FakeServer:
    """Executes ``cost`` for each request, from the start of counting on; after ``dear`` requests twice as much."""

    cost: int = COST
    dear: int | None = None
    body: bytes = b"{}"
    fixed_addresses: bool = True
    server: Server = field(default_factory=lambda: Server(host="127.0.0.1", port=1, pid=7, facts=FACTS))
    sent: list[Exchange] = field(default_factory=list)
    executed: int = 0
    before: int = 0
    counts: bool = False

    def send(self, exchange: Exchange) -> Response:
        self.sent.append(exchange)
        if self.counts:
            is_dear = self.dear is not None and len(self.sent) > self.dear
            self.executed += 2 * self.cost if is_dear else self.cost
        return Response(status=200, headers={"content-type": "application/json"}, body=self.body)

    def start(self) -> None:
        self.counts = True
        self.executed = self.before = 0

    def take(self) -> int:
        before, self.before = self.before, self.executed
        return self.executed - before

    def functions(self) -> Mapping[NativeFunction, int]:
        return Counter({EVAL: self.executed})

    def rest(self, duration_s: Seconds) -> None:
        pass


class FakeWorld:
    """Hands out one fake server for each boot."""

    def __init__(self, *servers: FakeServer, mismatches: tuple[str, ...] = (), free_threaded: bool = False) -> None:
        self.servers = list(servers)
        self.booted: list[int] = []
        self.boots_at_once = 1
        self.abandoned = False
        self._mismatches = mismatches
        self._free_threaded = free_threaded
        self._now = 0

    def utc_now(self) -> str:
        return "2026-11-20T10:15:00Z"

    def now_ns(self) -> int:
        self._now += 1_000_000
        return self._now

    def provide(self, stack: Stack) -> None:
        pass

    def start_backends(self, backends: Sequence[Backend], scenario: Scenario) -> None:
        pass

    def is_free_threaded(self, stack: Stack) -> bool:
        return self._free_threaded

    @contextmanager
    def boot_counted(
        self, stack: Stack, first: Exchange, folder: Path, *, hash_seed: int, source: CountSource
    ) -> Iterator[CountedServer]:
        self.booted.append(hash_seed)
        yield self.servers[len(self.booted) - 1]

    @contextmanager
    def boot(self, stack: Stack, first: Exchange, folder: Path) -> Iterator[Server]:
        yield Server(host="127.0.0.1", port=1, pid=6, facts=FACTS)

    def abandon(self) -> None:
        self.abandoned = True

    def mismatches(self, server: Server, exchanges: Iterable[Exchange]) -> tuple[str, ...]:
        return self._mismatches

    def count_tool(self, source: CountSource) -> str:
        return "valgrind-3.19.0"


def test_every_hash_seed_is_a_boot_of_its_own(tmp_path: Path) -> None:
    world = FakeWorld(FakeServer(), FakeServer(cost=COST + 1000))
    found = count(WANTED, plan_of(), world, tmp_path)

    assert [0, 1] == world.booted
    assert {0: COST, 1: COST + 1000} == count_result(found).by_seed
    assert found.failed is None


def test_what_ran_is_recorded(tmp_path: Path) -> None:
    found = count(WANTED, plan_of(), FakeWorld(FakeServer(), FakeServer()), tmp_path)

    assert ("CPython 3.13.0", {"a": "1"}, "valgrind-3.19.0") == (found.python, found.packages, found.tool)


def test_three_batches_are_counted(tmp_path: Path) -> None:
    server = FakeServer()
    found = count(WANTED, plan_of(), FakeWorld(server, FakeServer()), tmp_path)

    assert [10, 10, 10] == [batch.requests for batch in found.seeds[0].batches]
    assert WANTED.effort.warmup + SETTLING + 30 == len(server.sent)


def test_native_functions_are_added_up_over_the_boots(tmp_path: Path) -> None:
    (function,) = count_result(count(WANTED, plan_of(), FakeWorld(FakeServer(), FakeServer()), tmp_path)).functions

    assert ("_PyEval_EvalFrameDefault", COST, 1.0) == (function.name, function.per_request, function.share)


def test_batches_that_do_not_agree_are_sent_again_twice_as_long(tmp_path: Path) -> None:
    becomes_dear = FakeServer(dear=WANTED.effort.warmup + SETTLING + 15)
    found = count(WANTED, plan_of(), FakeWorld(becomes_dear, FakeServer()), tmp_path)

    assert [10, 10, 10, 20, 20, 20] == [batch.requests for batch in found.seeds[0].batches]
    assert 2 * COST == count_result(found).by_seed[0]


def test_a_server_that_is_never_steady_is_refused(tmp_path: Path) -> None:
    class Restless(FakeServer):
        def take(self) -> int:
            self.cost = round(self.cost * 1.05)
            return super().take()

    found = count(WANTED, plan_of(), FakeWorld(Restless()), tmp_path)

    assert found.failed is not None
    assert found.failed.startswith("not steady: three batches of 40 requests")
    assert count_result(found).middle is None


def test_boots_run_at_the_same_time_where_there_is_room(tmp_path: Path) -> None:
    together = Barrier(2)

    class Waiting(FakeServer):
        def start(self) -> None:
            if not self.counts:
                together.wait(timeout=10)
            super().start()

    world = FakeWorld(Waiting(), Waiting())
    world.boots_at_once = 2

    assert {0: COST, 1: COST} == count_result(count(WANTED, plan_of(), world, tmp_path)).by_seed


def test_ctrl_c_waits_for_no_boot(tmp_path: Path) -> None:
    is_over = Event()

    class Endless(FakeServer):
        def start(self) -> None:
            is_over.wait(timeout=10)
            raise StageError("its server was ended")

    class Interrupted(FakeServer):
        def start(self) -> None:
            raise KeyboardInterrupt

    class World(FakeWorld):
        def abandon(self) -> None:
            super().abandon()
            is_over.set()

    world = World(Interrupted(), Endless())
    world.boots_at_once = 2

    with pytest.raises(KeyboardInterrupt):
        count(WANTED, plan_of(), world, tmp_path)
    assert world.abandoned
    assert is_over.is_set()


def test_an_app_that_fails_its_verification_is_refused(tmp_path: Path) -> None:
    found = count(WANTED, plan_of(), FakeWorld(FakeServer(), mismatches=("json: status 500",)), tmp_path)

    assert "the contract is broken: json: status 500" == found.failed


def test_every_response_is_verified(tmp_path: Path) -> None:
    found = count(WANTED, plan_of(), FakeWorld(FakeServer(body=b"[]")), tmp_path)

    assert found.failed is not None
    assert found.failed.startswith("the contract is broken: json (GET /json): body b'[]' instead of b'{}'")


@pytest.mark.parametrize(
    ("stack", "free_threaded", "reason"),
    [
        (replace(STACK, workers=2), False, "2 workers are not counted"),
        (STACK, True, "free-threaded builds are not counted"),
    ],
)
def test_what_cannot_be_counted_is_refused_before_it_boots(
    tmp_path: Path, stack: Stack, free_threaded: bool, reason: str
) -> None:
    world = FakeWorld(free_threaded=free_threaded)
    found = count(WANTED, plan_of(stack), world, tmp_path)

    assert found.failed is not None
    assert reason in found.failed
    assert [] == world.booted


def test_messages_on_a_websocket_are_refused(tmp_path: Path) -> None:
    found = count(WANTED, plan_of(STACK, CallSpec(endpoint="echo")), FakeWorld(), tmp_path)

    assert found.failed is not None
    assert found.failed.startswith("messages on a WebSocket are not counted")


def test_a_failed_boot_fails_the_count(tmp_path: Path) -> None:
    class Broken(FakeWorld):
        def provide(self, stack: Stack) -> None:
            raise StageError("there is no such interpreter")

    assert "there is no such interpreter" == count(WANTED, plan_of(), Broken(), tmp_path).failed


def test_all_batches_hold_the_same_mixture(tmp_path: Path) -> None:
    server = FakeServer()
    calls = (CallSpec(endpoint="json", weight=2), CallSpec(endpoint="json", query="n=1"))
    plan = plan_of(STACK, *calls)
    contract = Contract(endpoints={"json": replace(JSON, answers={"": "{}", "n=1": "{}"})})
    found = count(WANTED, replace(plan, contract=contract), FakeWorld(server, FakeServer()), tmp_path)

    assert [12, 12, 12] == [batch.requests for batch in found.seeds[0].batches]
    assert 8 == [exchange.target for exchange in server.sent[-12:]].count("/json")


def test_a_scenario_without_kept_connections_closes_each(tmp_path: Path) -> None:
    server = FakeServer()
    count(WANTED, plan_of(keep_alive=False), FakeWorld(server, FakeServer()), tmp_path)

    assert all(exchange.headers["connection"] == "close" for exchange in server.sent)
