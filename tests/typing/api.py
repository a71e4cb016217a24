"""What a type checker knows of the public names: mypy reads this file, and nothing runs it."""

from pathlib import Path
from typing import assert_type

import pandas as pd

import stacklab

session = stacklab.load("latest", results=Path("results"))
assert_type(session, stacklab.Session)
assert_type(session.name, str)
assert_type(session.stacks, tuple[str, ...])
assert_type(session.started_at, pd.Timestamp)
assert_type(session.cells, pd.DataFrame)
assert_type(session.rounds, pd.DataFrame)
assert_type(session.comparisons, pd.DataFrame)
assert_type(session.caveats, pd.DataFrame)
assert_type(session.claims, pd.DataFrame)
assert_type(session.requests("stack", "scenario", 1), pd.DataFrame)
assert_type(session.usage("stack", "scenario", 1), pd.DataFrame)

many = stacklab.sessions("results")
assert_type(many, stacklab.Sessions)
assert_type(many["name"], stacklab.Session)
assert_type(many.cells, pd.DataFrame)
assert_type(stacklab.metrics(), pd.DataFrame)
assert_type(stacklab.__version__, str)
