"""What every program of a claim shares: how it is asked, how it answers, and how it says that it cannot.

Asked: ``python PROGRAM --seed 7 --param n=200 --param loop=uvloop``. Answers: one JSON object a line on stdout,
``{"metric": "delay_s", "value": 1.534, "at": {"n": 200}}``; seconds, bytes or counts. Exit 3 with one sentence on
stderr: this machine or this environment cannot run it.
"""

import argparse
import asyncio
import json
import random
import sys
from collections.abc import Callable, Coroutine
from typing import Any, NoReturn, TypeVar

CANNOT_RUN_HERE = 3

Result = TypeVar("Result")


class Asked:
    """The parameters of one run. Those that are not known to the program are refused: a misspelt one decides nothing.

    Each has a default, and is read as what the default is; a default that is a tuple is read as a list of such, parted
    by commas.
    """

    def __init__(self, **defaults: Any) -> None:
        parser = argparse.ArgumentParser()
        parser.add_argument("--seed", type=int, default=1)
        parser.add_argument("--param", action="append", default=[], metavar="NAME=VALUE")
        options = parser.parse_args()
        self.seed: int = options.seed
        self.chance = random.Random(options.seed)  # noqa: S311 (what is drawn can be drawn again; it is no secret)
        self._values = dict(defaults)
        for param in options.param:
            name, _, text = param.partition("=")
            if name not in defaults:
                parser.error(f"unknown parameter {name!r}; there are {', '.join(sorted(defaults))}")
            try:
                self._values[name] = _read(text, defaults[name])
            except ValueError:
                parser.error(f"{name}: {text!r} cannot be read like {defaults[name]!r}")

    def __getattr__(self, name: str) -> Any:
        """Return a parameter by its name."""
        return self._values[name]


def row(metric: str, value: float, **at: float | str) -> None:
    """Print one measured value, and the levels of the grid at which it was measured."""
    answer: dict[str, Any] = {"metric": metric, "value": value}
    if at:
        answer["at"] = at
    sys.stdout.write(json.dumps(answer) + "\n")
    sys.stdout.flush()


def cannot_run_here(reason: str) -> NoReturn:
    """End, and say in one sentence why this cannot be tested here."""
    sys.stderr.write(f"{reason}\n")
    raise SystemExit(CANNOT_RUN_HERE)


def run_on(loop: str, main: Callable[[], Coroutine[Any, Any, Result]]) -> Result:
    """Run a coroutine function on a loop: ``asyncio``, ``uvloop``, or ``eager``, where tasks start at once."""
    made = new_loop(loop)
    try:
        return made.run_until_complete(main())
    finally:
        made.close()


def new_loop(name: str) -> asyncio.AbstractEventLoop:
    """Make the loop of that name."""
    if name == "uvloop":
        import uvloop  # noqa: PLC0415 (only in the environment of an arm that asks for it)

        return uvloop.new_event_loop()
    loop = asyncio.new_event_loop()
    if name == "eager":
        if sys.version_info < (3, 12):
            cannot_run_here("Eager tasks exist since Python 3.12.")
        loop.set_task_factory(asyncio.eager_task_factory)
    elif name != "asyncio":
        raise ValueError(f"there is no loop {name!r}")
    return loop


def _read(text: str, like: Any) -> Any:
    """Read a value as the default it replaces."""
    if isinstance(like, tuple):
        return tuple(_read(part, like[0]) for part in text.split(","))
    return type(like)(text)
