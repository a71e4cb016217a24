"""Inspects the user's app in a separate process: the harness never imports it."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from stacklab.adapters import adapter_of
from stacklab.effects.environments.folders import scratch
from stacklab.effects.processes.supervisor import run
from stacklab.errors import StageError, UsageError
from stacklab.model.own_app import DetectedApp
from stacklab.units import Seconds

IMPORT_S: Final[Seconds] = 60.0
"""How long an app may take to be imported."""

PROGRAM: Final = "stacklab_look.py"


def inspect_app(python: Path, *, host: Path, env: Mapping[str, str], app: str) -> DetectedApp:
    """What the app is that ``env`` names. Raises UsageError with the reason why it is not one.

    ``host`` is the folder of the programs that run where the app does.
    """
    with scratch() as folder:
        out = folder / "look.json"
        try:
            finished = run([str(python), str(host / PROGRAM), str(out)], timeout_s=IMPORT_S, cwd=folder, env=env)
        except StageError as error:
            last = next(iter(error.log_tail[-1:]), "nothing")
            raise UsageError(f"--app {app}: importing it took more than {IMPORT_S:g} s; it printed: {last}") from error
        if not out.exists():
            said = (finished.output.splitlines() or ["nothing"])[-1]
            raise UsageError(
                f"--app {app}: importing it ended the interpreter with exit code {finished.returncode}; "
                f"it printed: {said}"
            )
        said = json.loads(out.read_text(encoding="utf-8"))
    if "refused" in said:
        raise UsageError(f"--app {app}: {said['refused']}")
    detected: DetectedApp = adapter_of(DetectedApp).validate_python(said)
    return detected
