"""Caveats: typed reasons to doubt a cell, or a run of a program. The kinds that there are, and the groups of them.

``analysis/validity/caveats.py`` has the rule and the source of each kind, ``analysis/validity/rules/`` its threshold,
and ``report/caveats.py`` its sentence.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from stacklab.model.measured.facts import Fact
from stacklab.model.measured.verdict import Validity


class CaveatKind(StrEnum):
    """Every kind, under the name that reports, claims and scripts know it by."""

    FAILED_ROUNDS = "failed-rounds"
    WRONG_BODIES = "wrong-bodies"
    ERRORS = "errors"
    SERVED_DIFFERS = "served-differs"
    NOT_COUNTED = "not-counted"
    NO_LIFESPAN = "no-lifespan"
    BODIES_NOT_COMPARED = "bodies-not-compared"
    BODIES_UNKNOWN = "bodies-unknown"
    QUERIES_DIFFER = "queries-differ"
    LITTLES_LAW = "littles-law"
    DRIVER_BUSY = "driver-busy"
    DRIVER_DELAYED = "driver-delayed"
    NEAR_CEILING = "near-ceiling"
    BACKEND_BUSY = "backend-busy"
    SHARED_CORE = "shared-core"
    SENT_LATE = "sent-late"
    READ_LATE = "read-late"
    CONNECTIONS_LIMIT = "connections-limit"
    RATE_MISSED = "rate-missed"
    UNFINISHED = "unfinished"
    HOST_BUSY = "host-busy"
    STOLEN = "stolen"
    PRESSED = "pressed"
    TURNED_AWAY = "turned-away"
    SITS_ON_A_TIMER = "sits-on-a-timer"
    WORKS_BETWEEN_TURNS = "works-between-turns"
    SWEEPS_LOST = "sweeps-lost"
    ORDER_DEPENDENT = "order-dependent"
    GIL_ON = "gil-on"
    VERSIONS_CHANGED = "versions-changed"
    NO_STEADY_STATE = "no-steady-state"
    ROUNDS_DISAGREE = "rounds-disagree"
    CLOSED_LOOP_LATENCY = "closed-loop-latency"
    WORKERS_SHARE_CORES = "workers-share-cores"
    NOT_SATURATED = "not-saturated"
    WAITS_THE_BLOCKING_WAY = "waits-the-blocking-way"
    CONNECTION_CLOSED = "connection-closed"
    REUSE_DIFFERS = "reuse-differs"
    VERSIONS_DIFFER = "versions-differ"
    REPEATED = "repeated"
    FEW_REQUESTS = "few-requests"
    ONE_ROUND = "one-round"
    COARSE_CPU = "coarse-cpu"
    UNAVAILABLE = "unavailable"
    PROGRAM_DELAYED = "program-delayed"
    """The only one that a run of a program alone can have; all others are of cells."""


DISTURBANCES: Final = frozenset(
    {CaveatKind.HOST_BUSY, CaveatKind.STOLEN, CaveatKind.DRIVER_DELAYED, CaveatKind.PROGRAM_DELAYED}
)
"""Something other than the stack disturbed the run, which is measured again because of it."""

MACHINE_NOISE: Final = DISTURBANCES | {
    CaveatKind.PRESSED,
    CaveatKind.SHARED_CORE,
    CaveatKind.SENT_LATE,
    CaveatKind.READ_LATE,
    CaveatKind.TURNED_AWAY,
}
"""What other work on a machine, or too few cores, does to a run."""

MET_ALIKE: Final = frozenset(
    {
        CaveatKind.HOST_BUSY,
        CaveatKind.STOLEN,
        CaveatKind.PRESSED,
        CaveatKind.DRIVER_DELAYED,
        CaveatKind.SWEEPS_LOST,
        CaveatKind.ROUNDS_DISAGREE,
    }
)
"""What stacks that take turns meet alike, the worst of it left out with its sweep. It makes their numbers suspect, and
no difference between them."""

COMPRESSING: Final = frozenset(
    {
        CaveatKind.DRIVER_BUSY,
        CaveatKind.NEAR_CEILING,
        CaveatKind.BACKEND_BUSY,
        CaveatKind.CONNECTIONS_LIMIT,
        CaveatKind.RATE_MISSED,
        CaveatKind.TURNED_AWAY,
    }
)
"""Something that stacks share limits them, and so makes them look alike: no equality follows from such cells."""

GROUPS: Final[Mapping[str, frozenset[CaveatKind]]] = {"machine-noise": MACHINE_NOISE}
"""Kinds that a claim may tolerate under one name."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Caveat:
    """A reason to doubt, as a value: ``report/caveats.py`` has the sentence."""

    kind: CaveatKind
    makes: Validity
    """What the cell becomes because of it: SUSPECT or VOID; VALID where it is only to be known."""
    facts: Mapping[str, Fact] = field(default_factory=dict)
    """What the sentence says, by name."""
