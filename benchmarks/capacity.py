"""How well the search for a capacity does against queues whose capacity is known: accuracy, coverage, and verdicts.

    python benchmarks/capacity.py [campaigns]

Nothing is measured: a queue of one thread is simulated (tests/made/queue.py), boots differ by 4 %, and the machine
stalls for 200 ms about once a minute.
"""

import sys
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests"))

from made.queue import RATE, MadeQueue, campaign, in_theory, promise  # noqa: E402 (found by the line above)

CASES = ((4, False), (10, False), (40, False), (10, True), (40, True))
LADDER_S = 28.0


def main(campaigns: int) -> None:
    """Print a table in Markdown."""
    print("| Service | P99 below, service times | Boots and machine | Within 5 % | Intervals that cover | Void |")
    print("| --- | --: | --- | --: | --: | --: |")
    for service_times, exponential in CASES:
        truth = in_theory(service_times, exponential=exponential)
        for name, spread, stall_every_s in (("alike, quiet", 0.0, 0.0), ("4 %, a stall a minute", 0.04, 60.0)):
            queue = MadeQueue(rate_rps=RATE, exponential=exponential, spread=spread, stall_every_s=stall_every_s)
            found = [
                campaign(queue, promise(service_times), seed=seed, seconds=LADDER_S).capacity
                for seed in range(campaigns)
            ]
            known = [one for one in found if one is not None]
            near = sum(abs(one.value / truth - 1) <= 0.05 for one in known)
            covers = sum((one.low or 0.0) <= truth <= (one.high or 0.0) for one in known)
            print(
                f"| {'exponential' if exponential else 'fixed'} | {service_times} | {name} | {near / len(known):.0%} "
                f"| {covers / len(known):.0%} | {len(found) - len(known)} |",
                flush=True,
            )
    stalled = MadeQueue(rate_rps=RATE, stall_every_s=5.0)
    verdicts = Counter(
        campaign(stalled, promise(10), seed=seed, seconds=LADDER_S).validity for seed in range(campaigns)
    )
    print(f"\nWith a stall of 200 ms every 5 s: {dict(verdicts)}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 200)
