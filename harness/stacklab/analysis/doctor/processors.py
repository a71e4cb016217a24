"""Processors: are there enough, are they whole, do they keep their speed, and may work be tied to them?"""

from typing import Final

from stacklab.model.machine import Diagnosis, Facts, Severity

STEADY: Final = frozenset({"performance", "userspace"})
"""Governors that leave the frequency where it is."""

NEEDED_CORES: Final = 2
"""One for the server and one for the driver."""

UNEVEN: Final = 1.1
"""How much longer the same work may take at times: more than that is above the differences one looks for."""


def cores(facts: Facts) -> Diagnosis:
    """Server and driver share no core, so it takes two."""
    allowed = len(facts.allowed)
    text = f"{allowed} of {facts.cores} processors may be used: {', '.join(map(str, facts.allowed))}."
    if allowed < NEEDED_CORES:
        return Diagnosis(
            kind="cores",
            level=Severity.BAD,
            text=text,
            follows="A server cannot be measured apart from its driver: every cell will be suspect.",
            change="Give this process a second processor (taskset, cpuset of the container, size of the machine).",
        )
    return Diagnosis(kind="cores", level=Severity.FINE, text=text)


def siblings(facts: Facts) -> Diagnosis:
    """Two hyperthreads of one core slow each other down."""
    shared = [core for core in facts.siblings if len(core) > 1]
    if not shared:
        return Diagnosis(kind="siblings", level=Severity.FINE, text="No two of them share a core.")
    text = f"{len(facts.siblings)} cores, {len(shared)} of them with two hyperthreads or more."
    if len(facts.siblings) < NEEDED_CORES:
        return Diagnosis(
            kind="siblings",
            level=Severity.WARN,
            text=text,
            follows="Server and driver are hyperthreads of one core: each slows the other by up to a half.",
            change="Give this process a processor of another core.",
        )
    return Diagnosis(
        kind="siblings",
        level=Severity.NOTE,
        text=text,
        follows="Siblings stay on one side; two workers on one core do less than on two.",
    )


def pinning(facts: Facts) -> Diagnosis:
    """Without pinning the scheduler may put server and driver on one core."""
    if facts.can_pin:
        return Diagnosis(kind="pinning", level=Severity.FINE, text="Processes may be pinned to processors.")
    return Diagnosis(
        kind="pinning",
        level=Severity.BAD,
        text="Processes may not be pinned to processors.",
        follows="The server cannot be kept apart from its driver, so neither can be measured.",
        change="Allow the system call sched_setaffinity (seccomp profile of the container).",
    )


def quota(facts: Facts) -> Diagnosis:
    """A quota stops all threads for the rest of each period, most often 100 ms, once it is spent."""
    confined, allowed = facts.confinement, len(facts.allowed)
    if confined.quota_cores is None:
        return Diagnosis(kind="quota", level=Severity.FINE, text="No cgroup limits processor time.")
    text = f"A cgroup (version {confined.cgroup}) limits processor time to {confined.quota_cores:.3g} cores."
    if confined.quota_cores >= allowed:
        return Diagnosis(kind="quota", level=Severity.FINE, text=text)
    enough = confined.quota_cores >= NEEDED_CORES
    return Diagnosis(
        kind="quota",
        level=Severity.WARN if enough else Severity.BAD,
        text=text,
        follows=f"{allowed} busy processors spend it early, and everything stands still for the rest of a period: "
        + ("pauses of the quota will look like a tail." if enough else "capacity and tails cannot be measured."),
        change="Use a cpuset instead of a quota (docker: --cpuset-cpus instead of --cpus), or raise the quota.",
    )


def governor(facts: Facts) -> Diagnosis:
    """A governor that follows the load makes a server faster the busier it is."""
    if not facts.governors:
        text = "Frequency is not governed by this system."
        level = Severity.NOTE
        follows = "The hypervisor or the firmware decides how fast the processors run; nobody can tell from here."
        return Diagnosis(kind="governor", level=level, text=text, follows=follows)
    text = f"Governor: {', '.join(facts.governors)}."
    if STEADY.issuperset(facts.governors):
        return Diagnosis(kind="governor", level=Severity.FINE, text=text)
    return Diagnosis(
        kind="governor",
        level=Severity.WARN,
        text=text,
        follows="Frequency follows the load: at low rates a request takes longer than at high ones.",
        change="sudo cpupower frequency-set --governor performance",
    )


def turbo(facts: Facts) -> Diagnosis:
    """Turbo depends on temperature and on how many cores are busy."""
    if facts.turbo != "on":
        text = "Turbo is off." if facts.turbo == "off" else "Whether there is turbo cannot be read."
        return Diagnosis(kind="turbo", level=Severity.FINE if facts.turbo == "off" else Severity.NOTE, text=text)
    return Diagnosis(
        kind="turbo",
        level=Severity.WARN,
        text="Turbo is on.",
        follows="Speed depends on the temperature and on how many cores are busy; it falls in long sessions.",
        change="echo 1 | sudo tee /sys/devices/system/cpu/intel_pstate/no_turbo "
        "(other drivers: echo 0 | sudo tee /sys/devices/system/cpu/cpufreq/boost)",
    )


def core_speed(facts: Facts) -> Diagnosis:
    """What neighbours and clocks do to the speed of a core shows in no counter, but in how long work takes."""
    seen = facts.core_speed
    ratio = seen.slow_ns / seen.fast_ns
    text = f"The same piece of work, {seen.pieces} times: the slow ones took {ratio:.2f} times the fast ones."
    if ratio <= UNEVEN:
        return Diagnosis(kind="core-speed", level=Severity.FINE, text=text)
    return Diagnosis(
        kind="core-speed",
        level=Severity.WARN,
        text=text,
        follows="A core changes its speed: somebody works on its other hyperthread, or its clock changes. No counter "
        "shows it, steal time neither. The noise floor of sessions rises, and small differences are not seen.",
        change="Use a machine or an instance with whole cores, fix the clock, or take another hour; more rounds help.",
    )


def virtual(facts: Facts) -> Diagnosis:
    """A guest does not see its neighbours."""
    if facts.virtual is None:
        return Diagnosis(kind="virtual", level=Severity.FINE, text="No hypervisor shows itself.")
    return Diagnosis(
        kind="virtual",
        level=Severity.NOTE,
        text=f"A virtual machine ({facts.virtual}).",
        follows="Neighbours take caches and memory bandwidth unseen. Numbers compare within a session, less between.",
    )
