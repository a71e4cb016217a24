"""The doctor, on machines that nobody owns: both sides of every threshold."""

from dataclasses import replace
from typing import Any

import pytest

from stacklab.analysis.doctor.examination import EXAMINATIONS, judge, worst
from stacklab.model.machine import (
    Activity,
    BusyNeighbour,
    Confinement,
    CoreSpeed,
    Diagnosis,
    Facts,
    Rights,
    Room,
    Severity,
    Timing,
)
from stacklab.units import BYTES_PER_MIB

GIB = 1024 * BYTES_PER_MIB

WORKSTATION = Facts(
    processor="Example 9000",
    cores=8,
    allowed=(0, 1, 2, 3, 4, 5, 6, 7),
    siblings=((0,), (1,), (2,), (3,), (4,), (5,), (6,), (7,)),
    can_pin=True,
    governors=("performance",),
    turbo="off",
    virtual=None,
    activity=Activity(observed_s=0.5, others_cores=0.02, steal_share=0.0, load_1m=0.1, cpu_pressure=0.0),
    confinement=Confinement(cgroup=2),
    rights=Rights(
        ptrace_capability=False,
        ptrace_scope=0,
        perf_paranoid=1,
        perf_capability=False,
        no_instructions=None,
        schedstat=True,
    ),
    timing=Timing(
        clock_source="tsc",
        resolution_ns=1,
        slack_ns=50_000,
        overshoot_median_ns=60_000,
        overshoot_worst_ns=90_000,
    ),
    core_speed=CoreSpeed(pieces=900, fast_ns=1_000_000, slow_ns=1_030_000),
    busy_neighbour=BusyNeighbour(cpu=0, busy_cpu=1, slower=1.02),
    room=Room(
        open_files=4096,
        open_files_hard=4096,
        memory_bytes=16 * GIB,
        memory_available_bytes=12 * GIB,
        shared_memory_free_bytes=8 * GIB,
        temporary_free_bytes=50 * GIB,
    ),
    time_wait=3,
    settings={
        "net.core.somaxconn": "4096",
        "net.ipv4.ip_local_port_range": "32768 60999",
        "net.ipv4.tcp_abort_on_overflow": "0",
        "net.ipv4.tcp_max_syn_backlog": "2048",
        "net.ipv4.tcp_syncookies": "1",
        "net.ipv4.tcp_timestamps": "1",
        "net.ipv4.tcp_tw_reuse": "2",
    },
)
"""Nothing is wrong with it."""

SILENT = replace(
    WORKSTATION,
    governors=(),
    turbo=None,
    activity=Activity(observed_s=0.5, others_cores=None, steal_share=None, load_1m=0.0, cpu_pressure=None),
    rights=replace(WORKSTATION.rights, ptrace_scope=None, perf_paranoid=None, no_instructions="No."),
    timing=replace(WORKSTATION.timing, clock_source=None, slack_ns=None),
    room=replace(
        WORKSTATION.room, memory_available_bytes=None, shared_memory_free_bytes=None, temporary_free_bytes=None
    ),
    time_wait=None,
    settings={},
)
"""Tells as little as a machine can."""


def machine(part: str | None = None, **changes: Any) -> Facts:
    """The workstation with some facts changed, in one of its parts or at its top."""
    return replace(WORKSTATION, **(changes if part is None else {part: replace(getattr(WORKSTATION, part), **changes)}))


def setting(name: str, value: str) -> Facts:
    return replace(WORKSTATION, settings={**WORKSTATION.settings, name: value})


def found(facts: Facts, kind: str) -> Diagnosis:
    return next(diagnosis for diagnosis in judge(facts) if diagnosis.kind == kind)


def test_a_calm_workstation_is_fine_throughout() -> None:
    assert {Severity.FINE} == {diagnosis.level for diagnosis in judge(WORKSTATION)}


def test_every_examination_has_a_kind_of_its_own() -> None:
    assert len(EXAMINATIONS) == len({diagnosis.kind for diagnosis in judge(WORKSTATION)})


def test_what_a_machine_does_not_tell_is_never_held_against_it() -> None:
    assert worst(judge(SILENT)) is Severity.NOTE


def test_a_warning_says_what_follows_and_what_to_do() -> None:
    sick = replace(
        machine("activity", others_cores=6.0, steal_share=0.2, cpu_pressure=0.5, load_1m=20.0),
        allowed=(0,),
        can_pin=False,
        governors=("powersave",),
        turbo="on",
        confinement=Confinement(container="docker", cgroup=2, quota_cores=0.5, memory_bytes=128 * BYTES_PER_MIB),
        time_wait=28_000,
    )

    warned = [one for one in judge(sick) if one.level in {Severity.WARN, Severity.BAD}]

    assert 9 <= len(warned)
    assert [one.kind for one in warned if not (one.follows and one.change)] == []


@pytest.mark.parametrize(
    ("kind", "facts", "level"),
    [
        ("cores", machine(allowed=(0, 1), siblings=((0,), (1,))), Severity.FINE),
        ("cores", machine(allowed=(0,), siblings=((0,),)), Severity.BAD),
        ("siblings", machine(allowed=(0, 1, 4, 5), siblings=((0, 4), (1, 5))), Severity.NOTE),
        ("siblings", machine(allowed=(0, 4), siblings=((0, 4),)), Severity.WARN),
        ("pinning", machine(can_pin=False), Severity.BAD),
        ("quota", machine(confinement=Confinement(cgroup=2, quota_cores=8.0)), Severity.FINE),
        ("quota", machine(confinement=Confinement(cgroup=2, quota_cores=7.5)), Severity.WARN),
        ("quota", machine(confinement=Confinement(cgroup=1, quota_cores=1.5)), Severity.BAD),
        ("governor", machine(governors=("performance", "powersave")), Severity.WARN),
        ("governor", machine(governors=()), Severity.NOTE),
        ("turbo", machine(turbo="on"), Severity.WARN),
        ("turbo", machine(turbo=None), Severity.NOTE),
        ("core-speed", machine("core_speed", slow_ns=1_100_000), Severity.FINE),
        ("core-speed", machine("core_speed", slow_ns=1_110_000), Severity.WARN),
        ("busy-neighbour", machine("busy_neighbour", slower=1.2), Severity.FINE),
        ("busy-neighbour", machine("busy_neighbour", slower=1.21), Severity.WARN),
        ("busy-neighbour", machine(busy_neighbour=None), Severity.NOTE),
        ("virtual", machine(virtual="KVM"), Severity.NOTE),
        ("others", machine("activity", others_cores=0.25), Severity.FINE),
        ("others", machine("activity", others_cores=0.26), Severity.WARN),
        ("others", machine("activity", others_cores=4.1), Severity.BAD),
        ("load", machine("activity", load_1m=4.1), Severity.NOTE),
        ("steal", machine("activity", steal_share=0.01), Severity.FINE),
        ("steal", machine("activity", steal_share=0.02), Severity.WARN),
        ("steal", machine("activity", steal_share=0.11), Severity.BAD),
        ("pressure", machine("activity", cpu_pressure=0.05), Severity.FINE),
        ("pressure", machine("activity", cpu_pressure=0.06), Severity.WARN),
        ("clock-source", machine("timing", clock_source="kvm-clock"), Severity.FINE),
        ("clock-source", machine("timing", clock_source="hpet"), Severity.WARN),
        ("timer-resolution", machine("timing", resolution_ns=4_000_000), Severity.BAD),
        ("timer-overshoot", machine("timing", overshoot_median_ns=200_000), Severity.FINE),
        ("timer-overshoot", machine("timing", overshoot_median_ns=201_000), Severity.WARN),
        ("timer-overshoot", machine("timing", overshoot_median_ns=1_100_000), Severity.BAD),
        ("profiler", machine("rights", ptrace_scope=None), Severity.FINE),
        ("profiler", machine("rights", ptrace_scope=1), Severity.WARN),
        ("profiler", machine("rights", ptrace_scope=1, ptrace_capability=True), Severity.FINE),
        ("profiler", machine("rights", ptrace_scope=2), Severity.WARN),
        ("profiler", machine("rights", ptrace_scope=3, ptrace_capability=True), Severity.WARN),
        ("profiler", machine(confinement=Confinement(container="docker")), Severity.NOTE),
        ("perf-events", machine("rights", no_instructions="No."), Severity.NOTE),
        ("schedstat", machine("rights", schedstat=False), Severity.WARN),
        ("ports", setting("net.ipv4.tcp_tw_reuse", "0"), Severity.WARN),
        ("ports", setting("net.ipv4.tcp_timestamps", "0"), Severity.WARN),
        ("ports", setting("net.ipv4.ip_local_port_range", "60000 60999"), Severity.WARN),
        ("time-wait", machine(time_wait=14_116), Severity.FINE),
        ("time-wait", machine(time_wait=14_117), Severity.NOTE),
        ("time-wait", replace(setting("net.ipv4.tcp_tw_reuse", "0"), time_wait=14_117), Severity.WARN),
        ("accept-queue", setting("net.core.somaxconn", "1024"), Severity.NOTE),
        ("accept-queue", setting("net.core.somaxconn", "128"), Severity.WARN),
        ("syn-queue", setting("net.ipv4.tcp_max_syn_backlog", "128"), Severity.FINE),
        ("overflow", setting("net.ipv4.tcp_abort_on_overflow", "1"), Severity.WARN),
        ("open-files", machine("room", open_files=1023), Severity.WARN),
        ("open-files", machine("room", open_files=255), Severity.BAD),
        ("memory", machine(confinement=Confinement(memory_bytes=512 * BYTES_PER_MIB)), Severity.WARN),
        ("memory", machine("room", memory_available_bytes=100 * BYTES_PER_MIB), Severity.BAD),
        ("shared-memory", machine("room", shared_memory_free_bytes=0), Severity.WARN),
        ("temporary", machine("room", temporary_free_bytes=500 * BYTES_PER_MIB), Severity.WARN),
        ("temporary", machine("room", temporary_free_bytes=50 * BYTES_PER_MIB), Severity.BAD),
        ("container", machine(confinement=Confinement(container="docker")), Severity.NOTE),
    ],
)
def test_a_machine_is_judged_by_what_it_is(kind: str, facts: Facts, level: Severity) -> None:
    assert found(facts, kind).level is level


def test_a_short_queue_of_half_open_connections_matters_without_cookies() -> None:
    short = replace(
        WORKSTATION,
        settings={
            **WORKSTATION.settings,
            "net.ipv4.tcp_syncookies": "0",
            "net.ipv4.tcp_max_syn_backlog": "128",
        },
    )

    assert found(short, "syn-queue").level is Severity.WARN


def test_ports_that_wait_a_minute_allow_470_connections_a_second() -> None:
    assert "470 connections per second" in found(setting("net.ipv4.tcp_tw_reuse", "0"), "ports").text


def test_ports_that_are_reused_after_a_second_allow_as_many_as_there_are() -> None:
    assert "28,232 connections per second" in found(WORKSTATION, "ports").text


@pytest.mark.parametrize(
    ("facts", "change"),
    [
        (machine("rights", no_instructions="No.", perf_paranoid=3), "sudo sysctl kernel.perf_event_paranoid=2"),
        (machine("rights", no_instructions="No.", perf_paranoid=3, perf_capability=True), ""),
        (
            replace(machine("rights", no_instructions="No."), virtual="KVM"),
            "Use a machine, or a type of virtual machine",
        ),
        (machine("rights", no_instructions="No."), ""),
    ],
)
def test_who_counts_no_instructions_is_told_what_would(facts: Facts, change: str) -> None:
    told = found(facts, "perf-events")

    assert told.text == "Instructions cannot be counted. No."
    assert told.change.startswith(change)
    assert bool(told.change) == bool(change)


def test_the_remedy_in_a_container_is_the_containers() -> None:
    confined = replace(machine("rights", ptrace_scope=1), confinement=Confinement(container="docker"))

    assert found(confined, "profiler").change == "docker run --cap-add SYS_PTRACE"
