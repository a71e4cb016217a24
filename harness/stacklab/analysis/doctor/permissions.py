"""Permissions: which of a server's internals can be observed."""

from typing import Final

from stacklab.model.machine import Diagnosis, Facts, Severity
from stacklab.model.measured.profile import NEWEST_PROFILED

PTRACE_RESTRICTED: Final = 1
PTRACE_ADMIN: Final = 2
PTRACE_NOBODY: Final = 3
"""Values of kernel.yama.ptrace_scope (Documentation/admin-guide/LSM/Yama.rst)."""

KNOWN: Final = f"It knows CPython up to {'.'.join(map(str, NEWEST_PROFILED))}, but no free-threaded build."
"""Which servers it can profile, where it may."""

PARANOID_USER: Final = 2
"""The highest value of kernel.perf_event_paranoid at which a process may count its own user-mode events."""


def profiler(facts: Facts) -> Diagnosis:
    """py-spy reads the memory of the server, a process that is not its child."""
    rights = facts.rights
    if rights.ptrace_scope == PTRACE_NOBODY:
        return _blind("kernel.yama.ptrace_scope is 3.", "Reboot with a lower value; it cannot be changed before.")
    if rights.ptrace_capability:
        return Diagnosis(
            kind="profiler", level=Severity.FINE, text=f"py-spy may attach to servers (CAP_SYS_PTRACE). {KNOWN}"
        )
    if rights.ptrace_scope == PTRACE_ADMIN:
        return _blind("kernel.yama.ptrace_scope is 2.", "Run `stacklab profile` as root.")
    if rights.ptrace_scope == PTRACE_RESTRICTED:
        return _blind(
            "kernel.yama.ptrace_scope is 1, and this process lacks CAP_SYS_PTRACE.",
            "docker run --cap-add SYS_PTRACE"
            if facts.confinement.container
            else "sudo sysctl kernel.yama.ptrace_scope=0",
        )
    if facts.confinement.container:
        return Diagnosis(
            kind="profiler",
            level=Severity.NOTE,
            text="This is a container without CAP_SYS_PTRACE.",
            follows="Its seccomp profile decides whether flamegraphs are possible; try `stacklab profile`.",
            change="docker run --cap-add SYS_PTRACE",
        )
    return Diagnosis(
        kind="profiler", level=Severity.FINE, text=f"py-spy may attach to processes of the same user. {KNOWN}"
    )


def perf_events(facts: Facts) -> Diagnosis:
    """Instructions are more repeatable than times; they need a processor counter and the permission to read it."""
    rights = facts.rights
    if rights.no_instructions is None:
        return Diagnosis(kind="perf-events", level=Severity.FINE, text="Instructions can be counted in user mode.")
    if rights.perf_paranoid is not None and rights.perf_paranoid > PARANOID_USER and not rights.perf_capability:
        change = "sudo sysctl kernel.perf_event_paranoid=2"
    elif facts.virtual:
        change = "Use a machine, or a type of virtual machine, that exposes its counters."
    else:
        change = ""
    return Diagnosis(
        kind="perf-events",
        level=Severity.NOTE,
        text=f"Instructions cannot be counted. {rights.no_instructions}",
        follows="Instructions per request are unavailable; processor time per request is unaffected.",
        change=change,
    )


def schedstat(facts: Facts) -> Diagnosis:
    """The source of the metric that is least disturbed by noise."""
    if facts.rights.schedstat:
        return Diagnosis(
            kind="schedstat", level=Severity.FINE, text="Processor time and run-queue delay are counted in nanoseconds."
        )
    return Diagnosis(
        kind="schedstat",
        level=Severity.WARN,
        text="This kernel has no schedstat.",
        follows="CPU per request comes in steps of 10 ms, and run-queue delay is unavailable: waits of the "
        "server or the driver for a processor go unnoticed.",
        change="Boot a kernel with CONFIG_SCHED_INFO.",
    )


def _able(text: str) -> Diagnosis:
    return Diagnosis(kind="profiler", level=Severity.FINE, text=f"{text} {KNOWN}")


def _blind(text: str, change: str) -> Diagnosis:
    return Diagnosis(
        kind="profiler",
        level=Severity.WARN,
        text=text,
        follows="py-spy may not attach to servers, so there are no flamegraphs. Measurements are unaffected.",
        change=change,
    )
