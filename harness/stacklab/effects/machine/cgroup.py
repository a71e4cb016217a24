"""What a container or a cgroup leaves of the machine: reading the hierarchies, and what their files say."""

import re
from collections.abc import Iterable
from pathlib import Path, PurePosixPath
from typing import Final, TypeVar

from stacklab.effects.machine.host import read_text
from stacklab.model.machine import Confinement

Limit = TypeVar("Limit", int, float)

MOUNT: Final = Path("/sys/fs/cgroup")

UNLIMITED_V1: Final = 1 << 60
"""Version 1 has no word for "no limit" of memory, only a number that no machine has."""

MARKS: Final = (("/.dockerenv", "docker"), ("/run/.containerenv", "podman"))
"""Files that a container's engine leaves at the root, and whose they are."""

ENGINES: Final = ("kubepods", "docker", "libpod", "containerd", "lxc")
"""Names in the path of the first process's cgroup, the most telling first."""


def read_confinement() -> Confinement:
    """Every limit between this process and the root counts: the tightest one holds."""
    folders = places(read_text(Path("/proc/self/cgroup")) or "")
    version = 2 if (MOUNT / "cgroup.controllers").exists() else 1 if (MOUNT / "cpu").is_dir() else None
    if version == 2:
        up = _upwards(MOUNT, folders.get("", "/"))
        quotas = [quota_v2(read_text(folder / "cpu.max")) for folder in up]
        memory = [limit(read_text(folder / "memory.max")) for folder in up]
    else:
        quotas = [
            quota_v1(read_text(folder / "cpu.cfs_quota_us"), read_text(folder / "cpu.cfs_period_us"))
            for folder in _upwards(MOUNT / "cpu", folders.get("cpu", "/"))
        ]
        memory = [
            limit(read_text(folder / "memory.limit_in_bytes"))
            for folder in _upwards(MOUNT / "memory", folders.get("memory", "/"))
        ]
    return Confinement(
        container=container(
            marks=[engine for path, engine in MARKS if Path(path).exists()],
            first_cgroup=read_text(Path("/proc/1/cgroup")) or "",
        ),
        cgroup=version,
        quota_cores=_tightest(quotas),
        memory_bytes=_tightest(memory),
    )


def places(text: str) -> dict[str, str]:
    """``/proc/self/cgroup`` as controller to path; the hierarchy of version 2 has the name ``""``."""
    found: dict[str, str] = {}
    for line in text.splitlines():
        _, controllers, path = line.split(":", 2)
        found |= dict.fromkeys(controllers.split(","), path)
    return found


def quota_v2(cpu_max: str | None) -> float | None:
    """Cores in the text of ``cpu.max``: ``max 100000`` or ``150000 100000``."""
    quota, _, period = (cpu_max or "max").partition(" ")
    return None if quota == "max" else int(quota) / int(period)


def quota_v1(quota_us: str | None, period_us: str | None) -> float | None:
    """Cores in the two files of version 1; a quota of -1 means that there is none."""
    if quota_us is None or period_us is None or int(quota_us) < 0:
        return None
    return int(quota_us) / int(period_us)


def limit(text: str | None) -> int | None:
    """Bytes in a memory limit of either version."""
    if text is None or text == "max" or int(text) >= UNLIMITED_V1:
        return None
    return int(text)


def container(*, marks: Iterable[str], first_cgroup: str) -> str | None:
    """The engine that this process lives in, as far as it shows itself; None outside of containers."""
    named = next((name for name in ENGINES if re.search(rf"\b{name}", first_cgroup)), None)
    if named is not None:
        return {"kubepods": "kubernetes", "libpod": "podman"}.get(named, named)
    return next(iter(marks), None)


def _upwards(root: Path, path: str) -> tuple[Path, ...]:
    """A cgroup and all above it, up to the root. In a container the path may be that of the host: missing here."""
    own = PurePosixPath(path.lstrip("/"))
    return tuple(root / folder for folder in (own, *own.parents))


def _tightest(limits: Iterable[Limit | None]) -> Limit | None:
    return min((one for one in limits if one is not None), default=None)
