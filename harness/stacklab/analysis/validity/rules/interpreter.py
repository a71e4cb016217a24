"""Doubts about what ran: the interpreter, and the packages that it found."""

from stacklab.analysis.validity.evidence import Doubt, Evidence
from stacklab.model.verdict import Validity


def gil_on(evidence: Evidence) -> Doubt | None:
    """One extension that needs the GIL turns it on for the whole process, and threads wait for each other again."""
    for summary in evidence.summaries:
        server = summary.run.server
        if server.free_threaded and server.gil is not None and server.gil.on:
            who = f"{server.gil.turned_on_by} turned it on" if server.gil.turned_on_by else "its log does not say why"
            return Doubt(
                Validity.SUSPECT,
                f"The GIL was on, though {server.python} can do without: {who}. "
                "This is no measurement of a free-threaded interpreter.",
            )
    return None


def versions_changed(evidence: Evidence) -> Doubt | None:
    """A session that goes on another day may find other versions; its rounds are then no replicates."""
    everything = [{"Python": one.run.server.python, **one.run.server.packages} for one in evidence.summaries]
    names = sorted(
        name for name in {name for one in everything for name in one} if len({one.get(name) for one in everything}) > 1
    )
    if not names:
        return None
    return Doubt(Validity.SUSPECT, f"Its rounds did not all run with the same version of {', '.join(names)}.")
