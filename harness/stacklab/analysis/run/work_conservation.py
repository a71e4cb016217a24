"""Whether work was conserved: how long a request waited for a busy worker while another worker had nothing to do.

A server that gives waiting requests to any idle worker conserves work (Kleinrock, Queueing Systems II, 1976). One whose
workers each take connections for themselves need not.

It is measured where each request first waits for something else, during which its worker can serve others, and then
keeps its worker to itself for a time that the endpoint names. What each worker does follows from the requests:

Rule 1: a worker is busy with a request for that time before its response was read.
Rule 2: a request is ready once it has waited as long as the fastest request of the run did before it had its worker.
Rule 3: a worker has something to do from when one of its requests is ready until the response is read.
Rule 4: a ready request is stranded while its own worker is busy with another one and a further worker has nothing to
        do. One that is late while its worker is not busy is late for another reason.

So there is no threshold of lateness, and the result does not depend on how long the times are. A request counts to the
worker that answers it from when it was sent: while it waits in the kernel for any worker, that one has something to do.

Two workers that are half busy, and each get half of the requests by chance, strand one for 0.16 to 0.19 of the time in
a simulation, and this finds the same. On a busy machine it found 0.03 to 0.17 in 24 runs of gunicorn's gevent workers,
and at most 0.009 in 96 runs in which nothing can be stranded: of sync workers, and of gevent without the wait.
"""

import numpy as np

from stacklab.analysis.run.columns import Window
from stacklab.columns import Column, Columns, Mask
from stacklab.model.measured.record import Outcome
from stacklab.units import Nanoseconds


def stranded_share(requests: Columns, window: Window, *, workers: int, alone_ns: Nanoseconds) -> float | None:
    """Share of the window in which a request was stranded. At its end, each has its worker to itself for ``alone_ns``.

    None where the responses do not name their workers.
    """
    answered = (requests["outcome"] == Outcome.OK) & (requests["worker"] > 0)
    if not answered.any():
        return None
    sent, ended, worker = (requests[name][answered] for name in ("sent_ns", "read_ns", "worker"))
    begun = ended - alone_ns
    ready = sent + (begun - sent).min()
    edges = (window.start_ns, window.end_ns)
    times = np.unique(np.clip(np.concatenate([ready, begun, ended, edges]), *edges))
    own = [worker == one for one in np.unique(worker)]
    waits = np.array([_covered(ready[of], begun[of], times) for of in own])
    busy = np.array([_covered(begun[of], ended[of], times) for of in own])
    has_some = np.array([_covered(ready[of], ended[of], times) for of in own])
    stranded = (waits & busy).any(axis=0) & (has_some.sum(axis=0) < workers)
    return float(np.diff(times)[stranded].sum()) / window.length_ns


def _covered(starts: Column, ends: Column, times: Column) -> Mask:
    """Of each span between two of the times, whether it lies within any of these intervals."""
    begun, over = (np.searchsorted(np.sort(edges), times[:-1], side="right") for edges in (starts, ends))
    covered: Mask = begun > over
    return covered
