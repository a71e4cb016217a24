"""The host: what a reader of the numbers needs to know of it, and which processors serve whom.

Reading the machine and deciding about it are two functions, so that decisions are tested on machines nobody owns.
"""

import os
import platform
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Final

from stacklab.effects.machine.instructions import refusal
from stacklab.errors import UsageError
from stacklab.model.measured.record import Host

SETTINGS: Final = (
    "fs.file-max",
    "kernel.perf_event_paranoid",
    "kernel.randomize_va_space",
    "kernel.sched_autogroup_enabled",
    "kernel.yama.ptrace_scope",
    "net.core.somaxconn",
    "net.ipv4.ip_local_port_range",
    "net.ipv4.tcp_abort_on_overflow",
    "net.ipv4.tcp_fin_timeout",
    "net.ipv4.tcp_max_syn_backlog",
    "net.ipv4.tcp_syncookies",
    "net.ipv4.tcp_timestamps",
    "net.ipv4.tcp_tw_reuse",
    "vm.swappiness",
)
"""Kernel settings that bear on a load test: queues and ports of TCP, scheduling, what may be observed."""

CPU: Final = Path("/sys/devices/system/cpu")
MACHINE: Final = Path("/sys/class/dmi/id")


def read_host() -> Host:
    """Read it; None or missing is what this machine does not tell."""
    cpuinfo = read_text(Path("/proc/cpuinfo")) or ""
    return Host(
        system=f"{platform.system()} {platform.release()}",
        machine=platform.machine(),
        processor=processor(cpuinfo) or platform.machine(),
        cores=os.cpu_count() or 1,
        memory_bytes=os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE"),
        governor=read_text(CPU / "cpu0/cpufreq/scaling_governor"),
        turbo=turbo(no_turbo=read_text(CPU / "intel_pstate/no_turbo"), boost=read_text(CPU / "cpufreq/boost")),
        virtual=virtual(
            cpuinfo,
            vendor=read_text(MACHINE / "sys_vendor"),
            product=read_text(MACHINE / "product_name"),
            hypervisor=read_text(Path("/sys/hypervisor/type")),
        ),
        clock_source=read_text(Path("/sys/devices/system/clocksource/clocksource0/current_clocksource")),
        settings={
            name: " ".join(value.split())
            for name in SETTINGS
            if (value := read_text(Path("/proc/sys") / name.replace(".", "/"))) is not None
        },
        no_instructions=refusal(),
    )


def read_cpus() -> tuple[int, ...]:
    """The processors this process may use, in such an order that those that share a core stand side by side."""
    allowed = os.sched_getaffinity(0)
    return tuple(sorted(allowed, key=lambda cpu: (_first_sibling(cpu), cpu)))


def assign_cpus(
    cpus: Sequence[int], *, server: Collection[int] | None, driver: Collection[int] | None
) -> tuple[frozenset[int], frozenset[int]]:
    """Processors for the server tree, and for the driver and everything else; the two have none in common.

    ``cpus`` are those there are, siblings side by side. With a single one both get it. ``server`` and ``driver`` are
    the user's own choices, for which the other side makes room. Raises UsageError if a choice is impossible.
    """
    for option, chosen in (("--server-cpus", server), ("--driver-cpus", driver)):
        if chosen is not None and not (chosen and set(chosen) <= set(cpus)):
            raise UsageError(f"{option} {_listed(chosen)}: choose from the available processors, {_listed(cpus)}")
    if len(cpus) == 1:
        return frozenset(cpus), frozenset(cpus)
    if server is None and driver is None:
        # About half each, in whole cores of two siblings where there are two cores for each side.
        for_driver = max(1, len(cpus) // 4 * 2)
        server, driver = cpus[:-for_driver], cpus[-for_driver:]
    server = set(cpus) - set(driver or ()) if server is None else set(server)
    driver = set(cpus) - server if driver is None else set(driver)
    if not server or not driver or server & driver:
        raise UsageError(
            f"--server-cpus and --driver-cpus: choose from the processors {_listed(cpus)}, "
            "at least one for the server and one for the driver, and none for both"
        )
    return frozenset(server), frozenset(driver)


def processor(cpuinfo: str) -> str | None:
    """The processor's name in the text of /proc/cpuinfo; Arm has none there."""
    return next((value for key, value in _pairs(cpuinfo) if key == "model name"), None)


def turbo(*, no_turbo: str | None, boost: str | None) -> str | None:
    """``on`` or ``off``, from the settings of the drivers intel_pstate and cpufreq."""
    if no_turbo is not None:
        return "off" if no_turbo == "1" else "on"
    if boost is not None:
        return "on" if boost == "1" else "off"
    return None


def virtual(cpuinfo: str, *, vendor: str | None, product: str | None, hypervisor: str | None) -> str | None:
    """The hypervisor by the best name it gives itself, None on bare metal."""
    flags = next((value for key, value in _pairs(cpuinfo) if key == "flags"), "")
    if hypervisor is None and "hypervisor" not in flags.split():
        return None
    return hypervisor or " ".join(filter(None, (vendor, product))) or "an unnamed hypervisor"


def _pairs(cpuinfo: str) -> list[tuple[str, str]]:
    """Keys and values of /proc/cpuinfo."""
    lines = (line.partition(":") for line in cpuinfo.splitlines())
    return [(key.strip(), value.strip()) for key, _, value in lines]


def _first_sibling(cpu: int) -> int:
    """The lowest number among the processors that share a core with this one (``0,4`` or ``0-1``)."""
    siblings = read_text(CPU / f"cpu{cpu}/topology/thread_siblings_list") or str(cpu)
    return int(siblings.replace("-", ",").split(",")[0])


def _listed(cpus: Collection[int]) -> str:
    return ",".join(map(str, sorted(cpus)))


def read_text(path: Path) -> str | None:
    """The text of a file of the kernel, None if it does not exist here or may not be read."""
    try:
        return path.read_text(encoding="utf-8").strip()
    except OSError:
        return None
