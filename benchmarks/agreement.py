"""Whether sessions agree with a longer one: `python benchmarks/agreement.py LONG SESSION...`, folders of sessions.

The long session says which pairs of stacks differ, by the throughput under each scenario. Each further session is asked
for the same pairs. Goals: of the differences of 20 % and more, a demonstration beside a busy neighbour finds 13 of 15
and gets none wrong; of those of 10 % and more, ten of ten quick sessions get none wrong.
"""

import sys
from collections import Counter
from collections.abc import Iterator
from itertools import combinations
from pathlib import Path

from stacklab.analysis.comparison.compare import compare_stacks
from stacklab.analysis.metrics import THROUGHPUT
from stacklab.analysis.results import SessionResult, judge
from stacklab.model.measured.verdict import Verdict
from stacklab.store.session import StoredSession

TOLD = {Verdict.FASTER, Verdict.SLOWER}
SIZES = (0.2, 0.1)

Pair = tuple[str, str, str]
"""Scenario, and two stacks."""


def main(long: str, *sessions: str) -> None:
    """Print a line for each session and size of difference, and every pair that is told otherwise."""
    wanted = {pair: (ratio, verdict) for pair, ratio, verdict in pairs(of(long)) if verdict in TOLD}
    for name in sessions:
        found = {pair: verdict for pair, _, verdict in pairs(of(name))}
        for size in SIZES:
            said = Counter(
                kind(found[pair], verdict)
                for pair, (ratio, verdict) in wanted.items()
                if max(ratio, 1 / ratio) >= 1 + size and pair in found
            )
            print(f"{Path(name).name}: of {said.total()} differences of {size:.0%} and more, {dict(said)}")
        for pair, (_, verdict) in wanted.items():
            if pair in found and kind(found[pair], verdict) == "wrong":
                print(f"  {pair}: {verdict} in the long session, {found[pair]} here")


def of(folder: str) -> SessionResult:
    """A session with its verdicts."""
    return judge(StoredSession.open(Path(folder)))


def pairs(result: SessionResult) -> Iterator[tuple[Pair, float, Verdict | None]]:
    """Every pair of stacks under every scenario, with the ratio of their throughputs and the verdict."""
    for one, other in combinations(sorted(one.stack.name for one in result.stacks), 2):
        for pair in compare_stacks(result, one, other).pairs:
            for metric in pair.metrics:
                if metric.metric is THROUGHPUT and metric.ratio:
                    yield (pair.scenario.name, one, other), metric.ratio, metric.verdict


def kind(found: Verdict | None, wanted: Verdict | None) -> str:
    """``found``, ``wrong`` where it is the other way round or called the same, and else ``not told``."""
    if found is wanted:
        return "found"
    return "wrong" if found in {*TOLD, Verdict.SAME} else "not told"


if __name__ == "__main__":
    main(*sys.argv[1:])
