"""Timers: whether requests can be sent on time, and how finely times can be measured."""

from typing import Final

from stacklab.model.machine import Diagnosis, Facts, Severity
from stacklab.units import NS_PER_MS, NS_PER_US

FAST_SOURCES: Final = frozenset({"tsc", "kvm-clock", "arch_sys_counter", "hyperv_clocksource_tsc_page", "timebase"})
"""Clock sources that can be read without entering the kernel, in tens of nanoseconds."""

LATE_NS: Final = 200 * NS_PER_US
"""A wake-up that is this late shows in the latency of a fast stack."""

TOO_LATE_NS: Final = NS_PER_MS
"""Requests sent later than this count as late, by the method."""


def clock_source(facts: Facts) -> Diagnosis:
    """Every request reads the clock several times."""
    source = facts.timing.clock_source
    if source in FAST_SOURCES:
        return Diagnosis(kind="clock-source", level=Severity.FINE, text=f"Clock source: {source}.")
    if source is None:
        return Diagnosis(kind="clock-source", level=Severity.NOTE, text="The clock source cannot be read.")
    return Diagnosis(
        kind="clock-source",
        level=Severity.WARN,
        text=f"Clock source: {source}.",
        follows="Reading the clock takes a system call of a microsecond or more, in the driver and in the servers.",
        change="Boot with clocksource=tsc tsc=reliable if the processor's counter is steady; "
        "`dmesg | grep -i tsc` shows why it was rejected.",
    )


def resolution(facts: Facts) -> Diagnosis:
    """A kernel without high-resolution timers sleeps in whole ticks."""
    step_ns, slack_ns = facts.timing.resolution_ns, facts.timing.slack_ns
    slack = "unknown" if slack_ns is None else f"{slack_ns / NS_PER_US:g} µs"
    text = f"Timer resolution is {step_ns:,} ns; timer slack is {slack}."
    if step_ns < NS_PER_US:
        return Diagnosis(kind="timer-resolution", level=Severity.FINE, text=text)
    return Diagnosis(
        kind="timer-resolution",
        level=Severity.BAD,
        text=text,
        follows="Open loops cannot be generated: requests would leave in batches, one tick apart.",
        change="Boot without highres=off, with a kernel that has CONFIG_HIGH_RES_TIMERS.",
    )


def overshoot(facts: Facts) -> Diagnosis:
    """The measured lateness of timers counts more than their promised resolution."""
    typical_ns, worst_ns = facts.timing.overshoot_median_ns, facts.timing.overshoot_worst_ns
    text = f"Sleeps of 1 ms ended {typical_ns / NS_PER_US:.0f} µs late, at worst {worst_ns / NS_PER_US:,.0f} µs."
    if typical_ns <= LATE_NS:
        return Diagnosis(kind="timer-overshoot", level=Severity.FINE, text=text)
    too_late = typical_ns > TOO_LATE_NS
    return Diagnosis(
        kind="timer-overshoot",
        level=Severity.BAD if too_late else Severity.WARN,
        text=text,
        follows="Open loops cannot be generated: requests would leave late."
        if too_late
        else "In open loops, such delays are a visible part of latencies below a few milliseconds.",
        change="Stop other processes; disable deep idle states (sudo cpupower idle-set --disable-by-latency 50).",
    )
