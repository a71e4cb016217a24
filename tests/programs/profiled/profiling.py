"""Profiles the process that the command line names, into a folder, and prints why it cannot."""

import sys
from pathlib import Path

from stacklab.effects.processes.supervisor import Supervisor
from stacklab.effects.profiler import record
from stacklab.errors import StageError

with Supervisor() as supervisor:
    try:
        record(int(sys.argv[1]), seconds=1, rate=100, folder=Path(sys.argv[2]), supervisor=supervisor)
    except StageError as error:
        print("refused", error.reason, flush=True)
