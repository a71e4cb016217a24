"""Processors: whether there are enough, whether they are shared or change speed, and whether work can be pinned."""

from typing import Final

from stacklab.model.machine import Diagnosis, Facts, Severity

STEADY: Final = frozenset({"performance", "userspace"})
"""Governors that keep the frequency constant."""

NEEDED_CORES: Final = 2
"""One for the server and one for the driver."""

UNEVEN: Final = 1.1
"""How much longer the same work may take at times: more than this hides the differences of interest."""


SHARES_A_CORE: Final = 1.2
"""How much longer work takes beside a busy hyperthread of the same core, at least; memory and clocks cost less."""


def cores(facts: Facts) -> Diagnosis:
    """Server and driver must not share a core, so two are needed."""
    allowed = len(facts.allowed)
    text = f"{allowed} of {facts.cores} processors may be used: {', '.join(map(str, facts.allowed))}."
    if allowed < NEEDED_CORES:
        return Diagnosis(
            kind="cores",
            level=Severity.BAD,
            text=text,
            follows="Server and driver have to share a processor: every cell will be suspect.",
            change="Give this process a second processor (taskset, cpuset of the container, size of the machine).",
        )
    return Diagnosis(kind="cores", level=Severity.FINE, text=text)


def siblings(facts: Facts) -> Diagnosis:
    """Two hyperthreads of one core slow each other down."""
    shared = [core for core in facts.siblings if len(core) > 1]
    if not shared:
        return Diagnosis(kind="siblings", level=Severity.FINE, text="No two processors share a core.")
    text = f"{len(facts.siblings)} cores, {len(shared)} of them with two or more hyperthreads."
    if len(facts.siblings) < NEEDED_CORES:
        return Diagnosis(
            kind="siblings",
            level=Severity.WARN,
            text=text,
            follows="Server and driver are hyperthreads of one core: each slows the other down by up to a half.",
            change="Give this process a processor of another core.",
        )
    return Diagnosis(
        kind="siblings",
        level=Severity.NOTE,
        text=text,
        follows="Siblings are kept on the same side, server or driver; two workers do less on one core than on two.",
    )


def pinning(facts: Facts) -> Diagnosis:
    """Without pinning, the scheduler may put server and driver on one core."""
    if facts.can_pin:
        return Diagnosis(kind="pinning", level=Severity.FINE, text="Processes may be pinned to processors.")
    return Diagnosis(
        kind="pinning",
        level=Severity.BAD,
        text="Processes may not be pinned to processors.",
        follows="Server and driver cannot be kept apart, so neither can be measured.",
        change="Allow the system call sched_setaffinity (seccomp profile of the container).",
    )


def quota(facts: Facts) -> Diagnosis:
    """Once a quota is spent, all threads stop for the rest of the period, which is usually 100 ms."""
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
        follows=f"{allowed} busy processors spend it early, and everything stops for the rest of the period: "
        + ("these pauses will look like tail latency." if enough else "capacity and tails cannot be measured."),
        change="Use a cpuset instead of a quota (docker: --cpuset-cpus instead of --cpus), or raise the quota.",
    )


def governor(facts: Facts) -> Diagnosis:
    """With a governor that follows the load, a busier server is faster."""
    if not facts.governors:
        text = "This system does not control the frequency of its processors."
        level = Severity.NOTE
        follows = "The hypervisor or the firmware decides how fast the processors run, invisibly from here."
        return Diagnosis(kind="governor", level=level, text=text, follows=follows)
    text = f"Governor: {', '.join(facts.governors)}."
    if STEADY.issuperset(facts.governors):
        return Diagnosis(kind="governor", level=Severity.FINE, text=text)
    return Diagnosis(
        kind="governor",
        level=Severity.WARN,
        text=text,
        follows="The frequency follows the load: a request takes longer at low rates than at high rates.",
        change="sudo cpupower frequency-set --governor performance",
    )


def turbo(facts: Facts) -> Diagnosis:
    """Turbo speed depends on the temperature and the number of busy cores."""
    if facts.turbo != "on":
        text = "Turbo is off." if facts.turbo == "off" else "The turbo setting cannot be read."
        return Diagnosis(kind="turbo", level=Severity.FINE if facts.turbo == "off" else Severity.NOTE, text=text)
    return Diagnosis(
        kind="turbo",
        level=Severity.WARN,
        text="Turbo is on.",
        follows="Speed depends on the temperature and the number of busy cores; it drops in long sessions.",
        change="echo 1 | sudo tee /sys/devices/system/cpu/intel_pstate/no_turbo "
        "(other drivers: echo 0 | sudo tee /sys/devices/system/cpu/cpufreq/boost)",
    )


def core_speed(facts: Facts) -> Diagnosis:
    """No counter shows that neighbours or clocks change the speed of a core; the time that work takes does."""
    seen = facts.core_speed
    ratio = seen.slow_ns / seen.fast_ns
    text = f"A fixed piece of work, run {seen.pieces} times: slow runs took {ratio:.2f} times as long as fast ones."
    if ratio <= UNEVEN:
        return Diagnosis(kind="core-speed", level=Severity.FINE, text=text)
    return Diagnosis(
        kind="core-speed",
        level=Severity.WARN,
        text=text,
        follows="The speed of a core varies: its other hyperthread is in use, or its clock changes. "
        "No counter shows this, not even steal time. "
        "Sessions have a higher noise floor, and small differences cannot be detected.",
        change="Use a machine or an instance with whole cores, fix the clock frequency, or measure at another time; "
        "more rounds help.",
    )


def busy_neighbour(facts: Facts) -> Diagnosis:
    """Processors that a virtual machine shows as cores may be hyperthreads of one."""
    found = facts.busy_neighbour
    if found is None:
        text = (
            "How much a busy processor slows another down was not measured: there is only one, or none may be chosen."
        )
        return Diagnosis(kind="busy-neighbour", level=Severity.NOTE, text=text)
    text = f"Work on processor {found.cpu} took {found.slower:.2f} times as long while {found.busy_cpu} was busy."
    if found.slower <= SHARES_A_CORE:
        return Diagnosis(kind="busy-neighbour", level=Severity.FINE, text=text)
    return Diagnosis(
        kind="busy-neighbour",
        level=Severity.WARN,
        text=text,
        follows="The two are hyperthreads of one core, or share its resources, whatever the system shows: the driver "
        "slows the server down, most where it is busiest. Absolute numbers depend on that; comparisons of stacks less.",
        change="Use a machine or an instance with whole cores, or more of them, and set --server-cpus and "
        "--driver-cpus.",
    )


def virtual(facts: Facts) -> Diagnosis:
    """A guest does not see its neighbours."""
    if facts.virtual is None:
        return Diagnosis(kind="virtual", level=Severity.FINE, text="No hypervisor is detected.")
    return Diagnosis(
        kind="virtual",
        level=Severity.NOTE,
        text=f"This is a virtual machine ({facts.virtual}).",
        follows="Other guests take caches and memory bandwidth invisibly. Numbers are comparable within a session, "
        "and less so between sessions.",
    )
