"""A rehearsal learns the app's responses, refuses what differs from them, and skips servers that cannot host it."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from itertools import count
from pathlib import Path

import pytest

from stacklab.catalog.own_app import AppRequest
from stacklab.effects.clock import now_ns
from stacklab.effects.wire.http import NoResponse
from stacklab.engine.world import Server
from stacklab.errors import StageError, UsageError
from stacklab.hosting.rehearsal import APART_S, REPEATS, Rehearsal, ServerOutcome, rehearse
from stacklab.model.measured.record import ServerFacts
from stacklab.model.own_app import LeftOut, RequestSpec
from stacklab.model.stack import Family, Interface, Stack, Waits
from stacklab.model.traffic.exchange import Exchange, Response
from stacklab.units import Seconds, ns_from_s

FACTS = ServerFacts(argv=("serve",), python="CPython 3.13.0", packages={}, cpus=(0,), boot_s=0.5)

BARE = " without a lifespan"
"""What the name of a server ends in that runs none."""

App = Callable[[str, Exchange, int], Response]
"""By the server's name, the request, and the number of the process that it is sent to."""


def stack(name: str, *, lifespan: bool = True) -> Stack:
    return Stack(
        lifespan=lifespan,
        name=name,
        summary="",
        family=Family.THREADS,
        interface=Interface.WSGI,
        waits=Waits.BLOCKING,
        app="shop:app",
        argv=("serve",),
        requirements=(),
        boot_s=7.0,
    )


def request(
    path: str = "/", *, status: int | None = None, written: bool = True, vary: tuple[str, ...] = ()
) -> AppRequest:
    return AppRequest(
        spec=RequestSpec(path=path, status=status),
        exchange=Exchange(summary=path, target=path),
        written=written,
        vary=vary,
        any_body=False,
    )


def greets(server: str, exchange: Exchange, process: int) -> Response:
    return Response(status=200, headers={"content-type": "text/plain"}, body=b"Hello")


@dataclass(kw_only=True)
class FakeWorld:
    """Serves an app without a process; ``breaks`` says, by a server's name, why it has no environment."""

    app: App = greets
    breaks: Mapping[str, str] = field(default_factory=dict)
    refuses_to_boot: Mapping[str, str] = field(default_factory=dict)
    counter: Exchange | None = None
    booted: list[tuple[str, Exchange]] = field(default_factory=list)
    sent: list[tuple[str, str]] = field(default_factory=list)
    patience_s: set[Seconds] = field(default_factory=set)
    _processes: Iterator[int] = field(default_factory=lambda: count(1))

    def provide(self, stack: Stack) -> None:
        if stack.name in self.breaks:
            raise StageError(self.breaks[stack.name])

    @contextmanager
    def boot(self, stack: Stack, first: Exchange, folder: Path) -> Iterator[Server]:
        assert folder.is_dir()
        self.booted.append((stack.name, first))
        if stack.name in self.refuses_to_boot:
            raise StageError(self.refuses_to_boot[stack.name])
        yield Server(host=stack.name, port=80, pid=next(self._processes), facts=FACTS)

    def request(self, server: Server, exchange: Exchange, *, timeout_s: Seconds) -> Response:
        self.sent.append((server.host, exchange.target))
        self.patience_s.add(timeout_s)
        return self.app(server.host, exchange, server.pid)

    def blame(self, server: Server) -> str:
        return f"; the log of {server.host}"


@dataclass(kw_only=True)
class Told:
    """What a rehearsal says while it goes on."""

    servers: list[ServerOutcome] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    pauses_ns: list[int] = field(default_factory=list)


def rehearsed(
    world: FakeWorld, *requests: AppRequest, servers: tuple[str, ...] = ("one",), told: Told | None = None
) -> Rehearsal:
    told = told or Told()
    return rehearse(
        requests or (request(),),
        [stack(name.removesuffix(BARE), lifespan=not name.endswith(BARE)) for name in servers],
        world,
        tell=told.servers.append,
        tell_fault=told.faults.append,
        pause_until=told.pauses_ns.append,
    )


def test_the_first_response_becomes_the_expected_one() -> None:
    (one,) = rehearsed(FakeWorld()).recorded

    expected = one.request.exchange
    assert expected.recorded is not None
    assert ((200,), {"content-type": "text/plain"}) == (expected.status, expected.recorded.headers)
    assert expected.recorded.body is not None
    assert (True, False) == (expected.recorded.body.fits(b"Hello"), expected.recorded.body.fits(b"Hallo"))


def test_a_request_is_repeated_and_sent_to_another_process_after_a_pause() -> None:
    processes: list[int] = []
    told = Told()

    def notes(server: str, exchange: Exchange, process: int) -> Response:
        processes.append(process)
        return greets(server, exchange, process)

    before_ns = now_ns()
    rehearsed(FakeWorld(app=notes), told=told)
    assert [1] * REPEATS + [2] == processes
    (until_ns,) = told.pauses_ns
    assert until_ns - before_ns >= ns_from_s(APART_S)


def test_a_server_has_the_time_that_its_stack_gives_it() -> None:
    world = FakeWorld()
    rehearsed(world, servers=("one", "other"))
    assert {7.0} == world.patience_s


def test_anything_shows_that_a_server_has_booted_until_its_responses_are_known() -> None:
    world = FakeWorld()
    rehearsed(world, request("/a"), request("/b"))
    assert {("one", (), None)} == {(name, first.status, first.recorded) for name, first in world.booted}


def test_the_count_shows_that_a_server_has_booted_where_requests_are_counted() -> None:
    counter = Exchange(summary="count", target="/count")
    world = FakeWorld(counter=counter)
    rehearsed(world)
    assert [("one", counter)] * 2 == world.booted


@pytest.mark.parametrize("status", [400, 404, 500])
def test_an_error_that_the_user_did_not_ask_for_is_refused(status: int) -> None:
    world = FakeWorld(app=lambda *_: Response(status=status))
    with pytest.raises(
        UsageError, match=rf"GET /: the app responds with {status} .*; the log of one; correct the request"
    ):
        rehearsed(world)


def test_the_refusal_of_an_error_shows_the_beginning_of_its_body() -> None:
    world = FakeWorld(app=lambda *_: Response(status=422, body=b'{"detail":"total is missing"}'))
    with pytest.raises(
        UsageError, match=r'with 422 [\w ]+ \(\{"detail":"total is missing"\}\); the log of one; correct'
    ):
        rehearsed(world)


def test_an_error_that_the_user_asked_for_is_recorded() -> None:
    (one,) = rehearsed(FakeWorld(app=lambda *_: Response(status=404)), request(status=404)).recorded
    assert (404,) == one.request.exchange.status


def test_a_status_that_is_not_the_one_asked_for_is_refused() -> None:
    with pytest.raises(UsageError, match=r"the app responds with 200 OK; the log of one; app\.toml has `status = 404`"):
        rehearsed(FakeWorld(), request(status=404))


def test_a_response_that_changes_is_refused_with_what_would_allow_it() -> None:
    numbers = count(1)
    world = FakeWorld(app=lambda *_: Response(status=200, body=f'{{"n": {next(numbers)}}}'.encode()))
    with pytest.raises(UsageError, match=r"its responses differ: .*; if they may, declare that with --vary-body"):
        rehearsed(world)


def test_a_response_may_change_where_that_is_allowed() -> None:
    numbers = count(1)
    world = FakeWorld(app=lambda *_: Response(status=200, body=f'{{"n": {next(numbers)}}}'.encode()))
    assert 1 == len(rehearsed(world, request(vary=(r"\d+",))).recorded)


def test_a_response_that_names_its_process_is_found_out_by_another_one() -> None:
    world = FakeWorld(app=lambda _server, _exchange, process: Response(status=200, body=f"process {process}".encode()))
    with pytest.raises(UsageError, match="its responses differ"):
        rehearsed(world)


def test_a_request_without_a_response_is_refused_with_the_reason() -> None:
    def silent(*_: object) -> Response:
        raise NoResponse("nothing whole within 7 s")

    with pytest.raises(
        UsageError, match=r"no response \(nothing whole within 7 s\); the log of one; a response must be complete"
    ):
        rehearsed(FakeWorld(app=silent))


def broken_at(path: str) -> App:
    """An app with an error at one path."""
    return lambda server, exchange, process: (
        Response(status=500) if exchange.target == path else greets(server, exchange, process)
    )


def test_a_request_that_the_user_did_not_write_is_left_out() -> None:
    told = Told()
    found = rehearsed(FakeWorld(app=broken_at("/b")), request("/a"), request("/b", written=False), told=told)

    assert ["/a"] == [one.request.exchange.target for one in found.recorded]
    assert (LeftOut(reason="with status 500", count=1),) == found.left_out
    (fault,) = told.faults
    assert fault.startswith("GET /b: the app responds with 500 Internal Server Error")


def test_what_has_a_fault_is_not_sent_again() -> None:
    world = FakeWorld(app=broken_at("/b"))
    rehearsed(world, request("/a"), request("/b", written=False))
    assert 1 == world.sent.count(("one", "/b"))


def test_nothing_is_left_out_where_that_leaves_nothing() -> None:
    with pytest.raises(UsageError, match="GET /: the app responds with 500"):
        rehearsed(FakeWorld(app=broken_at("/")), request("/", written=False))


def test_other_servers_get_each_request_once() -> None:
    world = FakeWorld()
    found = rehearsed(world, request("/a"), request("/b"), servers=("one", "other"))

    assert [("other", "/a"), ("other", "/b")] == [sent for sent in world.sent if sent[0] == "other"]
    assert [None, None] == [one.refused for one in found.servers]


def test_a_server_under_which_the_app_responds_differently_is_skipped() -> None:
    def app(server: str, exchange: Exchange, process: int) -> Response:
        response = greets(server, exchange, process)
        return replace(response, body=b"secret") if server == "other" else response

    told = Told()
    found = rehearsed(FakeWorld(app=app), servers=("one", "other", "third"), told=told)

    assert [None, None] == [one.refused for one in found.servers if one.stack.name != "other"]
    (other,) = (one for one in found.servers if one.stack.name == "other")
    assert "its response to GET / differs from that of the first server" == other.kept
    assert other.refused is not None
    assert other.refused.startswith("its response to GET / differs from that of the first server: its body differs")
    assert list(found.servers) == told.servers


WHY = {"one": "no wheel for this interpreter"}


@pytest.mark.parametrize(("world", "booted"), [(FakeWorld(breaks=WHY), False), (FakeWorld(refuses_to_boot=WHY), True)])
def test_a_server_that_cannot_host_the_app_is_skipped_and_the_others_go_on(world: FakeWorld, booted: bool) -> None:
    found = rehearsed(world, servers=("one", "other"))

    assert ["no wheel for this interpreter", None] == [one.refused for one in found.servers]
    assert [booted, True] == [one.booted for one in found.servers]


def test_where_no_server_boots_the_app_is_the_reason() -> None:
    told = Told()
    world = FakeWorld(refuses_to_boot={"one": "it exited", "other": "it exited", "third": "it exited"})
    with pytest.raises(UsageError, match="the app is not served: one: it exited"):
        rehearsed(world, servers=("one", "other", "third"), told=told)
    assert ["one", "other", "third"] == [one.stack.name for one in told.servers]


def fails_on(*names: str) -> App:
    """An app with an error on some servers."""
    return lambda server, exchange, process: (
        Response(status=500) if server in names else greets(server, exchange, process)
    )


def test_the_first_responses_come_from_a_server_that_runs_the_lifespan() -> None:
    found = rehearsed(FakeWorld(app=fails_on("bare")), servers=("bare" + BARE, "other"))

    (other, bare) = found.servers
    assert ("other", None) == (other.stack.name, other.refused)
    assert bare.refused is not None
    assert bare.refused.endswith("its status is 500 and was 200; it does not run the app's lifespan")
    assert bare.kept == (
        "its response to GET / differs from that of the first server; it does not run the app's lifespan"
    )


def test_all_servers_are_asked_before_the_app_is_blamed() -> None:
    found = rehearsed(FakeWorld(app=fails_on("one", "other")), servers=("one", "other", "third"))

    assert (200,) == found.recorded[0].request.exchange.status
    assert [
        "GET /: the app responds with 500 Internal Server Error; the log of one",
        "GET /: the app responds with 500 Internal Server Error; the log of other",
        None,
    ] == [one.refused for one in found.servers]
    assert ["a request ends with status 500"] * 2 == [one.kept for one in found.servers if one.refused is not None]


def test_an_app_that_fails_everywhere_is_told_with_what_the_server_lacks() -> None:
    said = "the log of bare; it does not run the app's lifespan; correct the request, or set `status = 500`"
    with pytest.raises(UsageError, match=said):
        rehearsed(FakeWorld(app=fails_on("bare")), servers=("bare" + BARE,))


def test_a_server_whose_response_is_an_error_is_not_booted_again() -> None:
    world, told = FakeWorld(app=fails_on("one")), Told()
    rehearsed(world, servers=("one", "other"), told=told)

    assert ["one", "other", "other"] == [name for name, _ in world.booted]
    assert 1 == len(told.pauses_ns)


def test_servers_without_an_environment_do_not_make_the_app_the_reason() -> None:
    world = FakeWorld(breaks={"one": "no wheel", "other": "no wheel"})
    found = rehearsed(world, servers=("one", "other", "third"))
    assert ["third"] == [one.stack.name for one in found.servers if one.refused is None]
