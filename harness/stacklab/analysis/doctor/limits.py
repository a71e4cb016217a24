"""Limits: resources that can run out in the middle of a session."""

from typing import Final

from stacklab.model.machine import Diagnosis, Facts, Severity
from stacklab.units import BYTES_PER_MIB

GIB: Final = 1024 * BYTES_PER_MIB

FILES: Final = 1024
"""Enough for the largest load of the bundled scenarios and the files that a server opens itself."""
TOO_FEW_FILES: Final = 256
"""Not enough for the smallest."""

MEMORY: Final = GIB
"""Holds a stack, the driver, and the report of a session of five million requests, which is limited to this."""
TOO_LITTLE_MEMORY: Final = 256 * BYTES_PER_MIB
"""Barely holds a server and the driver."""

SHARED: Final = 64 * BYTES_PER_MIB
"""Docker's default."""

TEMPORARY: Final = GIB
"""A run of ten million requests uses half of it until they are stored."""
TOO_LITTLE_TEMPORARY: Final = 64 * BYTES_PER_MIB
"""Holds a run of one million requests."""


def open_files(facts: Facts) -> Diagnosis:
    """A connection is an open file at both ends."""
    soft, hard = facts.room.open_files, facts.room.open_files_hard
    text = f"A process may open {soft:,} files."
    if soft >= FILES:
        return Diagnosis(kind="open-files", level=Severity.FINE, text=text)
    return Diagnosis(
        kind="open-files",
        level=Severity.BAD if soft < TOO_FEW_FILES else Severity.WARN,
        text=text,
        follows="Loads with more connections than that cannot be generated.",
        change=f"ulimit -n {min(hard, 16 * FILES)}"
        if hard >= FILES
        else "Raise the hard limit (limits.conf; docker run --ulimit nofile=16384).",
    )


def memory(facts: Facts) -> Diagnosis:
    """The machine's memory, or a cgroup's share of it."""
    there, limit = facts.room.memory_bytes, facts.confinement.memory_bytes
    if limit is not None and limit < there:
        text = f"{_size(limit)} of memory, limited by a cgroup."
    else:
        text, limit = f"{_size(there)} of memory.", there
    available = facts.room.memory_available_bytes
    if available is not None:
        text = f"{text.removesuffix('.')}; {_size(available)} available on the machine."
    left = limit if available is None else min(limit, available)
    if left >= MEMORY:
        return Diagnosis(kind="memory", level=Severity.FINE, text=text)
    return Diagnosis(
        kind="memory",
        level=Severity.BAD if left < TOO_LITTLE_MEMORY else Severity.WARN,
        text=text,
        follows="Long or fast runs may swap or be killed: a run holds 48 bytes per request until it is stored.",
        change="Free memory, raise the limit, or measure for a shorter time.",
    )


def shared_memory(facts: Facts) -> Diagnosis:
    """Some servers keep heartbeat files or buffers there."""
    return _space(
        "shared-memory",
        "/dev/shm",  # noqa: S108 (a name in a sentence)
        facts.room.shared_memory_free_bytes,
        enough=SHARED,
        too_little=0,
        follows="Servers that keep files there (gunicorn with --worker-tmp-dir) may fail.",
        change="docker run --shm-size 256m",
    )


def temporary(facts: Facts) -> Diagnosis:
    """The driver keeps its rows there, 48 bytes per request, until they are stored."""
    return _space(
        "temporary",
        "the folder for temporary files",
        facts.room.temporary_free_bytes,
        enough=TEMPORARY,
        too_little=TOO_LITTLE_TEMPORARY,
        follows="A run keeps 48 bytes per request there until it is stored; long or fast runs will fail.",
        change="Free space there, or set TMPDIR to a folder with more.",
    )


def container(facts: Facts) -> Diagnosis:
    """A container is fine, but worth knowing about."""
    confined = facts.confinement
    if confined.container is None:
        return Diagnosis(kind="container", level=Severity.FINE, text="No container is detected.")
    return Diagnosis(
        kind="container",
        level=Severity.NOTE,
        text=f"This is a container ({confined.container}).",
        follows="The host's limits and other workloads matter too, and are only partly visible from inside.",
    )


def _space(
    kind: str, where: str, free: int | None, *, enough: int, too_little: int, follows: str, change: str
) -> Diagnosis:
    if free is None:
        return Diagnosis(kind=kind, level=Severity.NOTE, text=f"The free space in {where} cannot be read.")
    text = f"{_size(free)} free in {where}."
    if free >= enough:
        return Diagnosis(kind=kind, level=Severity.FINE, text=text)
    level = Severity.BAD if free < too_little else Severity.WARN
    return Diagnosis(kind=kind, level=level, text=text, follows=follows, change=change)


def _size(size: int) -> str:
    return f"{size / GIB:.1f} GiB" if size >= GIB else f"{size / BYTES_PER_MIB:.0f} MiB"
