"""Doubts about a comparison: what differs between the stacks of a scenario beside what is compared."""

from collections.abc import Iterator
from typing import Final

from stacklab.analysis.validity.evidence import Doubt, Evidence
from stacklab.model.verdict import Validity

RECONNECTS: Final = 0.01
"""Connections opened anew for each answer, above which connecting is part of the work."""

TIMES: Final = 10
"""How many times as often as a peer a stack must connect anew for the two to differ in kind."""

MOST_NAMED: Final = 3


def reuse_differs(evidence: Evidence) -> Doubt | None:
    """Connecting costs more than many a request: who keeps connections is compared with who does not."""
    own = _reconnects(evidence)
    if own is None or own <= RECONNECTS:
        return None
    keep = [
        peer.stack.name
        for peer in evidence.peers
        if (theirs := _reconnects(peer)) is not None and theirs * TIMES <= own
    ]
    if not keep:
        return None
    return Doubt(
        Validity.VALID,
        f"Connections are opened anew for {own:.0%} of the answers, and kept by {_some(keep)}: the comparison is "
        "one of connecting as well.",
    )


def versions_differ(evidence: Evidence) -> Doubt | None:
    """Two versions of a server or a framework differ by more than the two stacks that they are compared in.

    A version that was varied on purpose is what is compared, and no doubt; what came along with it is one.
    """
    differing = sorted(_differing(evidence))
    if not differing:
        return None
    return Doubt(Validity.VALID, f"The stacks compared here run different versions of {_some(differing)}.")


def _differing(evidence: Evidence) -> Iterator[str]:
    """What this stack has in another version than a peer, with all the versions there are."""
    mine = _versions(evidence)
    everybody = [mine, *map(_versions, evidence.peers)]
    for name in mine:
        found = sorted({versions[name] for versions in everybody if name in versions})
        if len(found) > 1:
            yield f"{name} ({', '.join(found)})"


def _versions(evidence: Evidence) -> dict[str, str]:
    """Python and every distribution of the stack's environment, but for what was varied."""
    if not evidence.summaries:
        return {}
    server = evidence.summaries[0].run.server
    packages = {name: version for name, version in server.packages.items() if name not in evidence.varied}
    name, _, version = server.python.rpartition(" ")
    return packages | ({name: version} if name and "python" not in evidence.varied else {})


def _reconnects(evidence: Evidence) -> float | None:
    """Connections opened beyond the load's own, for each answer, over all rounds; None without an answer."""
    answers = sum(summary.answered_ever for summary in evidence.summaries)
    if not answers:
        return None
    own = evidence.scenario.load.connections
    return sum(max(summary.run.driver.connects - own, 0) for summary in evidence.summaries) / answers


def _some(names: list[str]) -> str:
    more = len(names) - MOST_NAMED
    return ", ".join(names[:MOST_NAMED]) + (f" and {more} more" if more > 0 else "")
