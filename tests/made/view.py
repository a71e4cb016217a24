"""A made-up session, with every kind of trouble a page must show: pages and their styles are developed against it."""

import random
from dataclasses import replace
from statistics import NormalDist
from typing import Any

from made.cells import made_cell
from stacklab.analysis.metrics import P99, THROUGHPUT, LoadKind
from stacklab.analysis.profiles.result import ProfileResult, WorkerShare, by_layer
from stacklab.analysis.results import SessionFacts, SessionResult, StackResult
from stacklab.analysis.rounds.cell import CellResult
from stacklab.analysis.rounds.estimate import estimate
from stacklab.catalog.layers import read_layers
from stacklab.model.measured import facts
from stacklab.model.measured.caveat import Caveat, CaveatKind
from stacklab.model.measured.profile import Profile, Recording, Sampled, Slice, Ticks
from stacklab.model.measured.record import Failed, Host, Stage
from stacklab.model.measured.verdict import Rank, Validity
from stacklab.model.plan import Cell, Skipped
from stacklab.model.stack import Family, Interface, Stack, Waits
from stacklab.model.traffic.contract import Contract, Endpoint
from stacklab.model.traffic.load import Closed, Open
from stacklab.model.traffic.scenario import CallSpec, Scenario
from stacklab.report.profile.block import ProfileBlock, profile_block
from stacklab.report.session.view import ScenarioView, View

LAYERS = read_layers()
ROUNDS = 3
NASTY = '<script>document.title = "broken"</script> </script><img src=x onerror="alert(1)"> & "quotes" \'too\''

# Name, family, interface, waits, requests a second of json, µs of CPU, MiB: what such stacks roughly do on two cores.
STACKS = (
    ("gunicorn-sync-flask", Family.PROCESSES, Interface.WSGI, Waits.BLOCKING, 1450, 640, 41),
    ("gunicorn-gthread-flask", Family.THREADS, Interface.WSGI, Waits.BLOCKING, 1820, 540, 43),
    ("gunicorn-gevent-flask", Family.GREEN_THREADS, Interface.WSGI, Waits.COOPERATIVE, 1900, 520, 48),
    ("waitress-flask", Family.THREADS, Interface.WSGI, Waits.BLOCKING, 1610, 600, 36),
    ("uvicorn-uvloop-starlette", Family.EVENT_LOOP, Interface.ASGI, Waits.COOPERATIVE, 6900, 142, 33),
    ("uvicorn-uvloop-fastapi-threads", Family.THREADS_UNDER_LOOP, Interface.ASGI, Waits.BLOCKING, 2350, 420, 58),
)
SCENARIOS = (
    ("json-closed", "The floor: a small JSON body", "32 connections, closed loop", False, 1.0, 0.0),
    ("io-async-open", "Waits 20 ms the cooperative way", "open loop, 200 requests a second, Poisson", True, 1.2, 20.0),
    ("cpu-bound-closed", "200 steps of deterministic work", "16 connections, closed loop", False, 6.0, 0.0),
)


def made_view() -> View:
    """Six stacks, three scenarios, three rounds."""
    chance = random.Random(20261120)  # noqa: S311 (the same page every time, not a secret)
    cells = tuple(_cell(stack, scenario, chance) for scenario in SCENARIOS for stack in STACKS)
    return View(
        result=SessionResult(
            session=SessionFacts(
                name="20261120T101500Z-7f3a",
                started_at="2026-11-20T10:15:00Z",
                preset="quick",
                rounds=ROUNDS,
                seed=4711,
                warmup_s=0.5,
                measure_s=2.0,
                command="stacklab run --preset quick --seed 4711",
                stacklab_version="0.1.0",
                planned=len(cells) * ROUNDS,
                completed=len(cells) * ROUNDS - 4,
                failed=4,
                missing=0,
                server_cpus=(0,),
                driver_cpus=(1,),
                driver="reactor",
                driver_versions={"locust": "2.47.0", "gevent": "26.9.0", "httptools": "0.7.1"},
            ),
            host=Host(
                system="Linux 6.18.44",
                machine="x86_64",
                processor="AMD EPYC 7B13",
                cores=2,
                memory_bytes=8_326_000_000,
                governor=None,
                turbo="on",
                virtual="kvm",
                clock_source="tsc",
                settings={"net.core.somaxconn": "4096", "net.ipv4.ip_local_port_range": "32768 60999"},
            ),
            contract=Contract(
                endpoints={
                    "json": Endpoint(path="/json", exercises="", content_type="application/json", answers={"": "{}"})
                }
            ),
            stacks=tuple(map(_stack, STACKS)),
            scenarios=tuple(
                Scenario(
                    name=name,
                    summary=summary,
                    calls=(CallSpec(endpoint="json"),),
                    load=Open(rate=200) if is_open else Closed(connections=32),
                )
                for name, summary, _, is_open, *_ in SCENARIOS
            ),
            cells=cells,
            skipped=(
                Skipped(stack="waitress-flask", scenario="mistake-closed", reason="mistake exists for ASGI only"),
                Skipped(stack="gunicorn-sync-flask", scenario="mistake-closed", reason="mistake exists for ASGI only"),
            ),
            noise_floors={
                "json-closed": {"throughput_rps": 0.031, "cpu_us_per_request": 0.02},
                "io-async-open": {"p50": 0.01, "p99": 0.12},
                "cpu-bound-closed": {"throughput_rps": 0.052, "cpu_us_per_request": 0.03},
            },
            ranks=(
                (
                    "json-closed",
                    THROUGHPUT,
                    (
                        Rank(stack="uvicorn-uvloop-starlette", first=1, last=1),
                        Rank(stack="uvicorn-uvloop-fastapi-threads", first=2, last=2),
                        Rank(stack="gunicorn-gevent-flask", first=3, last=4),
                        Rank(stack="gunicorn-gthread-flask", first=3, last=5),
                        Rank(stack="waitress-flask", first=4, last=5),
                        Rank(stack="gunicorn-sync-flask", first=6, last=6),
                    ),
                ),
                (
                    "io-async-open",
                    P99,
                    (
                        Rank(stack="uvicorn-uvloop-starlette", first=1, last=2),
                        Rank(stack="gunicorn-gevent-flask", first=1, last=2),
                        Rank(stack="uvicorn-uvloop-fastapi-threads", first=3, last=5),
                        Rank(stack="gunicorn-gthread-flask", first=3, last=5),
                        Rank(stack="gunicorn-sync-flask", first=3, last=5),
                    ),
                ),
            ),
        ),
        scenarios=tuple(
            ScenarioView(
                name=name,
                summary=summary,
                load=load,
                kind=LoadKind.OPEN if is_open else LoadKind.CLOSED,
                requests=(f"GET /{name.rpartition('-')[0]}{'?ms=20' if waits else ''}",),
                notes=("waitress-flask serves this the blocking way.",) if waits else (),
            )
            for name, summary, load, is_open, _, waits in SCENARIOS
        ),
        profiles=(
            _profile("uvicorn-uvloop-starlette", _asgi(), requests=20_000),
            _profile("gunicorn-gthread-flask", _wsgi(), requests=3_000),
            profile_block(
                ProfileResult(
                    profile=replace(
                        _taken("waitress-flask", requests=0),
                        sampled=None,
                        failed="py-spy may not attach: kernel.yama.ptrace_scope is 3; "
                        "run `sysctl kernel.yama.ptrace_scope=1` as root, or profile as root.",
                    ),
                    stacks={},
                    lines={},
                ),
                LAYERS,
            ),
        ),
    )


def changed(view: View, **fields: Any) -> View:
    """The view with another result, or with other fields of its own."""
    own = {name: fields.pop(name) for name in ("scenarios", "profiles", "claims") if name in fields}
    return replace(view, result=replace(view.result, **fields), **own)


def _profile(stack: str, folded: tuple[tuple[str, int], ...], *, requests: int) -> ProfileBlock:
    """A profile as its samples would have it if each was a microsecond per request."""
    stacks = {tuple(frames.split(";")): 1000.0 * samples for frames, samples in folded}
    result = ProfileResult(
        profile=_taken(stack, requests=requests),
        stacks=stacks,
        lines={"payload (./work.py:12)": 246_000.0},
        layers=by_layer(stacks, LAYERS),
        views={Recording.ALL: {**stacks, ("run (asyncio/runners.py)", "select (selectors.py)"): 9e6}},
        per_request=True,
        workers=(WorkerShare(pid=41, share=1.0, ended=False, joined=False),),
        samples=sum(samples for _, samples in folded),
        gil_held=0.45,
        preempted=0.02,
        slower=0.012,
        missed=0.004,
    )
    return profile_block(result, LAYERS)


def _taken(stack: str, *, requests: int) -> Profile:
    return Profile(
        stack=stack,
        scenario="json-closed",
        started_at="2026-11-20T10:20:00Z",
        seconds=5.0,
        rate_hz=400,
        sampled=Sampled(
            tool="py-spy 0.4.3",
            recordings={Recording.GIL: Ticks(taken=2000), Recording.ALL: Ticks(taken=500)},
            span=Slice(length_s=5.0, cpu_ns=2_300_000_000, requests=requests),
        ),
    )


def _stack(row: tuple[str, Family, Interface, Waits, int, int, int]) -> StackResult:
    name, family, interface, waits, *_ = row
    server, framework = name.partition("-")[0], name.rpartition("-")[2].replace("threads", "fastapi")
    return StackResult(
        stack=Stack(
            name=name,
            summary=f"{server.title()} with {framework.title()}, {family.replace('-', ' ')}",
            family=family,
            interface=interface,
            waits=waits,
            app=f"{framework}_app:app",
            argv=("{python}", "-m", server, "{app}", "--workers", "{workers}"),
            requirements=(server, framework),
            workers=2 if name == "gunicorn-sync-flask" else 1,
        ),
        python="CPython 3.13.0",
        packages={server: "27.0.1", framework: "3.1.3"},
        all_packages={server: "27.0.1", framework: "3.1.3", "click": "8.3.0", "markupsafe": "3.0.3"},
        boot_s=estimate([0.41, 0.43, 0.46]),
    )


def _cell(
    stack: tuple[str, Family, Interface, Waits, int, int, int],
    scenario: tuple[str, str, str, bool, float, float],
    chance: random.Random,
) -> CellResult:
    name, _, _, waits, rate, cpu_us, mib = stack
    scene, _, _, is_open, heavier, wait_ms = scenario
    failed = _failures(name, scene)
    if len(failed) == ROUNDS:
        return made_cell(name, scene, validity=Validity.VOID, failed=failed)
    blocking = wait_ms > 0 and waits is Waits.BLOCKING
    median = wait_ms + (32_000 / rate * heavier if not is_open else 900 / rate) * (3 if blocking else 1)
    tail = 0.75 if blocking else 0.22 + cpu_us / 4000
    per_round = [median * chance.gauss(1, 0.03) for _ in range(ROUNDS - len(failed))]
    throughputs = [200 * chance.gauss(1, 0.002) if is_open else 32_000 / ms * 0.97 for ms in per_round]
    law = NormalDist(0, tail)
    quantiles = {
        q: [ms * 2.718281828 ** law.inv_cdf(p) for ms in per_round]
        for q, p in {"p50": 0.5, "p90": 0.9, "p99": 0.99, "p99.9": 0.999}.items()
    }
    cpu = [cpu_us * heavier * chance.gauss(1, 0.02) for _ in per_round]
    caveats = _caveats(name, scene)
    curve = [1 - 10 ** (-step / 14) for step in range(4, 45)]
    n = len(per_round)
    return made_cell(
        name,
        scene,
        values={
            "throughput_rps": throughputs,
            **{q: values for q, values in quantiles.items() if not (q == "p99.9" and is_open)},
            **{f"service_{q}": [ms * 0.9 for ms in values] for q, values in quantiles.items()},
            "cpu_us_per_request": cpu,
            "cpu_user_us_per_request": [us * 0.72 for us in cpu],
            "cpu_system_us_per_request": [us * 0.28 for us in cpu],
            "switches_voluntary_per_request": [chance.uniform(0.4, 3.2) for _ in per_round],
            "switches_involuntary_per_request": [chance.uniform(0.0, 0.1) for _ in per_round],
            "run_queue_delay_share": [chance.uniform(0.001, 0.04) for _ in per_round],
            "rss_mib": [mib * chance.gauss(1, 0.004) for _ in per_round],
            "pss_mib": [mib * 0.83 * chance.gauss(1, 0.004) for _ in per_round],
            "threads": [9.0 if "thread" in name else 2.0] * n,
            "open_files": [42.0] * n,
            "driver_cpu_share": [chance.uniform(0.2, 0.7) for _ in per_round],
            "steal_share": [chance.uniform(0.0, 0.02) for _ in per_round],
            "requests_per_connection": [1.0 if "sync" in name else 380.0] * n,
        },
        at_least=("p99",) if name == "waitress-flask" and is_open else (),
        requests=round(sum(throughputs) * 2 / n),
        validity=max((c.makes for c in caveats), key=list(Validity).index, default=Validity.VALID),
        caveats=caveats,
        errors_by_outcome={"timeout": 14, "reset": 3} if name == "waitress-flask" and is_open else {},
        offered_rps=200.0 if is_open else None,
        worker_shares=(0.71, 0.29) if name == "gunicorn-sync-flask" else (1.0,),
        distribution=tuple((q, median * 2.718281828 ** law.inv_cdf(q)) for q in curve),
        timeline=tuple(
            (
                slot / 10,
                median * chance.gauss(1, 0.05) * (1 + slot / 25 if blocking else 1),
                median * (1 + 2 * tail) * chance.gauss(1, 0.15) * (1 + slot / 25 if blocking else 1),
            )
            for slot in range(20)
        ),
        failed=failed,
    )


def _failures(stack: str, scenario: str) -> tuple[Failed, ...]:
    if (stack, scenario) == ("gunicorn-sync-flask", "cpu-bound-closed"):
        log = ("[7] [INFO] Booting worker with pid: 9", "[9] [ERROR] Exception in worker process", NASTY)
        reason = f"the server ended with exit status 3 before its first answer; its log ends with: {NASTY}"
        return tuple(_failed(stack, scenario, n, Stage.BOOT, reason, log) for n in range(1, ROUNDS + 1))
    if (stack, scenario) == ("waitress-flask", "json-closed"):
        return (_failed(stack, scenario, 2, Stage.VERIFY_AFTER, "plain (GET /plain): status 500"),)
    return ()


def _caveats(stack: str, scenario: str) -> tuple[Caveat, ...]:
    if (stack, scenario) == ("waitress-flask", "io-async-open"):
        return (
            Caveat(
                kind=CaveatKind.ERRORS,
                makes=Validity.VOID,
                facts={
                    "share": facts.share(0.014),
                    "by_outcome": {"timeout": facts.count(14), "reset": facts.count(3)},
                },
            ),
            Caveat(
                kind=CaveatKind.RATE_MISSED,
                makes=Validity.SUSPECT,
                facts={"round": facts.count(1), "offered": facts.per_second(200), "ended": facts.per_second(171)},
            ),
        )
    if (stack, scenario) == ("uvicorn-uvloop-starlette", "json-closed"):
        busy = {"share": facts.share(0.93)}
        return (Caveat(kind=CaveatKind.DRIVER_BUSY, makes=Validity.SUSPECT, facts=busy),)
    if stack == "gunicorn-sync-flask":
        closes = {"connects": facts.count(412), "responses": facts.count(412)}
        return (Caveat(kind=CaveatKind.CONNECTION_CLOSED, makes=Validity.VALID, facts=closes),)
    return ()


def _failed(stack: str, scenario: str, number: int, stage: Stage, reason: str, log: tuple[str, ...] = ()) -> Failed:
    cell = Cell(stack=stack, scenario=scenario, round=number)
    return Failed(cell=cell, started_at="2026-11-20T10:15:00Z", stage=stage, reason=reason, log_tail=log)


def _asgi() -> tuple[tuple[str, int], ...]:
    base = (
        "<module> (uvicorn:8);main (uvicorn/main.py:410);run (uvicorn/main.py:577);run (uvicorn/server.py:67);"
        "Runner.run (asyncio/runners.py:118);serve (uvicorn/server.py:71)"
    )
    cycle = f"{base};RequestResponseCycle.run_asgi (uvicorn/protocols/http/httptools_impl.py:416)"
    app = f"{cycle};Starlette.__call__ (starlette/applications.py:113);Router.app (starlette/routing.py:724)"
    return (
        (f"{app};json_ (starlette_app.py:31)", 402),
        (f"{cycle};send (uvicorn/protocols/http/httptools_impl.py:489)", 388),
        (f"{base};data_received (uvicorn/protocols/http/httptools_impl.py:174)", 351),
        (f"{app};json_ (starlette_app.py:31);payload (work.py:12);dumps (json/__init__.py:231)", 246),
        (f"{app};request_response (starlette/routing.py:66);Response.init_headers (starlette/responses.py:66)", 198),
        (f"{cycle};send (uvicorn/protocols/http/httptools_impl.py:501)", 121),
        (f"{app};compile_path (starlette/routing.py:112)", 77),
        (f"{base};__write (libc.so.6)", 52),
        (f"{base};on_tick (uvicorn/server.py:231)", 27),
    )


def _wsgi() -> tuple[tuple[str, int], ...]:
    base = "_bootstrap (threading.py:1014);run (concurrent/futures/thread.py:59)"
    handle = f"{base};handle_request (gunicorn/workers/gthread.py:334)"
    app = f"{handle};Flask.__call__ (flask/app.py:1536);Flask.wsgi_app (flask/app.py:1511)"
    return (
        (
            f"{app};dispatch_request (flask/app.py:902);json_ (flask_app.py:24)",
            240,
        ),
        (f"{app};RequestContext.push (flask/ctx.py:390);MapAdapter.match (werkzeug/routing/map.py:624)", 188),
        (f"{handle};write (gunicorn/http/wsgi.py:326)", 171),
        (f"{handle};parse (gunicorn/http/message.py:221)", 160),
        (f"{app};make_response (flask/app.py:1229)", 95),
        (f"{base};wait (selectors.py:452)", 80),
    )
