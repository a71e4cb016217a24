"""Whether a claim gets the same verdict again: `python benchmarks/repeats.py SESSIONS CLAIM...`, on an idle machine.

Each session puts all of these claims to the test anew, with the quick preset; `sham` is made up here, of two
arms that are the same. Goal: a deterministic claim has one verdict in 10 of 10 sessions, a statistical one in 4 of 5,
the sham is never reproduced nor reversed in 20, and a session takes at most 1.5 times what it said.
"""

import json
import re
import shutil
import subprocess  # noqa: TID251 (a program that starts the program)
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from stacklab.catalog import workspace

SHAM = """
title = "What is the same"
statement = "Of two arms that are the same, the first answers more requests, and its tail is shorter."
mechanism = "There is none."
source = { text = "Made up" }

[efforts.quick]
rounds = 7
warmup_s = 0.5
measure_s = 1.5

[arms.one]
stack = "uvicorn-uvloop-bare"
scenario = "saturated"
connections = 16

[arms.other]
stack = "uvicorn-uvloop-bare"
scenario = "saturated"
connections = 16

[decision]
kind = "all"

[[decision.parts]]
says = "The first answers more."
decision = { kind = "contrast", metric = "throughput_rps", candidate = "one", baseline = "other", at_least = 1.1 }

[[decision.parts]]
says = "Its tail is shorter."
decision = { kind = "contrast", metric = "p99", candidate = "one", baseline = "other", at_most = 0.9 }

[drawing]
caption = "Two that are the same."
lanes = [{ name = "one" }, { name = "other" }]
"""
ESTIMATE = re.compile(r"runs: about (.+)")


def main(sessions: str, *claims: str) -> None:
    """Run the sessions; print what each found, and how often each claim had which verdict."""
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        prepare(place)
        found: dict[str, Counter[str]] = {}
        for number in range(1, int(sessions) + 1):
            for claim, verdict in session(place, number, claims).items():
                found.setdefault(claim, Counter())[verdict] += 1
    for claim, verdicts in found.items():
        print(f"{claim}: {', '.join(f'{verdict} in {times}' for verdict, times in verdicts.most_common())}")


def prepare(place: Path) -> None:
    """A workspace with all claims and the sham."""
    for name in ("targets", "scenarios"):
        shutil.copytree(workspace.reference() / name, place / name, ignore=shutil.ignore_patterns("__pycache__"))
    (place / "scenarios/claims/sham.toml").write_text(SHAM)


def session(place: Path, number: int, claims: tuple[str, ...]) -> dict[str, str]:
    """One session: verdicts by claim."""
    began = time.monotonic()
    command = [sys.executable, "-m", "stacklab", "reproduce", *claims, "--json"]
    done = subprocess.run(command, cwd=place, check=False, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(done.stderr)
    said = ESTIMATE.search(done.stderr)
    print(f"session {number}: {time.monotonic() - began:.0f} s, said about {said and said[1]}", flush=True)
    verdicts = {}
    for one in json.loads(done.stdout):
        effect = one["effect"] or {}
        shown = "".join(f", {effect[end]:.4g}" for end in ("value", "low", "high") if effect.get(end) is not None)
        print(f"  {one['claim']}: {one['verdict']}{shown}{f' ({why})' if (why := one['why']) else ''}", flush=True)
        verdicts[one["claim"]] = one["verdict"]
    return verdicts


if __name__ == "__main__":
    main(*sys.argv[1:])
