"""Caveats about what ran: interpreters and packages, which may differ between rounds and between stacks."""

from collections.abc import Iterator

from stacklab.analysis.validity.evidence import Evidence
from stacklab.model.measured.caveat import Caveat, CaveatKind
from stacklab.model.measured.facts import Fact
from stacklab.model.measured.verdict import Validity


def gil_on(evidence: Evidence) -> Caveat | None:
    """One extension that needs the GIL turns it on for the whole process, and threads wait for each other again."""
    for summary in evidence.summaries:
        server = summary.run.server
        if server.free_threaded and server.gil is not None and server.gil.on:
            found: dict[str, Fact] = {"python": server.python}
            if server.gil.turned_on_by:
                found["turned_on_by"] = server.gil.turned_on_by
            return Caveat(kind=CaveatKind.GIL_ON, makes=Validity.SUSPECT, facts=found)
    return None


def versions_changed(evidence: Evidence) -> Caveat | None:
    """A session that goes on another day may find other versions; its rounds are then no replicates."""
    everything = [{"Python": one.run.server.python, **one.run.server.packages} for one in evidence.summaries]
    names = sorted(
        name for name in {name for one in everything for name in one} if len({one.get(name) for one in everything}) > 1
    )
    if not names:
        return None
    return Caveat(kind=CaveatKind.VERSIONS_CHANGED, makes=Validity.SUSPECT, facts={"packages": tuple(names)})


def versions_differ(evidence: Evidence) -> Caveat | None:
    """Two versions of a server or a framework differ by more than the two stacks that they are compared in.

    A version that was varied on purpose is what is compared, and no reason to doubt; what came along with it is one.
    """
    differing = dict(sorted(_differing(evidence)))
    if not differing:
        return None
    return Caveat(kind=CaveatKind.VERSIONS_DIFFER, makes=Validity.VALID, facts={"versions": differing})


def _differing(evidence: Evidence) -> Iterator[tuple[str, tuple[str, ...]]]:
    """What this stack has in another version than a peer, with all the versions there are."""
    mine = _versions(evidence)
    everybody = [mine, *map(_versions, evidence.peers)]
    for name in mine:
        found = sorted({versions[name] for versions in everybody if name in versions})
        if len(found) > 1:
            yield name, tuple(found)


def _versions(evidence: Evidence) -> dict[str, str]:
    """Python and every distribution of the stack's environment, but for what was varied."""
    if not evidence.summaries:
        return {}
    server = evidence.summaries[0].run.server
    packages = {name: version for name, version in server.packages.items() if name not in evidence.varied}
    name, _, version = server.python.rpartition(" ")
    return packages | ({name: version} if name and "python" not in evidence.varied else {})
