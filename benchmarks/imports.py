"""How long the program takes before it does anything: `python benchmarks/imports.py [REPEATS]`.

The median wall time of a fresh interpreter, and which large packages it imports. Goal: `stacklab --help` in 0.3 s or
less, and no pandas, matplotlib or scipy for `--help`, `list` and `check --help`.
"""

import re
import subprocess  # noqa: TID251 (a program that starts the program)
import sys
import time
from collections.abc import Sequence
from statistics import median

COMMANDS = {
    "python -c pass": ("-c", "pass"),
    'python -c "import stacklab"': ("-c", "import stacklab"),
    "stacklab --help": ("-m", "stacklab", "--help"),
    "stacklab list": ("-m", "stacklab", "list"),
    "stacklab check --help": ("-m", "stacklab", "check", "--help"),
}

HEAVY = ("pandas", "matplotlib", "scipy", "numpy", "pyarrow", "pydantic", "jinja2", "rich")
"""The packages that take longest to import."""


def seconds(words: Sequence[str]) -> float:
    """Wall time of one fresh interpreter."""
    start = time.perf_counter()
    subprocess.run([sys.executable, *words], check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - start


def imported(words: Sequence[str]) -> list[str]:
    """Which of the large packages the interpreter imports."""
    command = [sys.executable, "-X", "importtime", *words]
    done = subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    modules = set(re.findall(r"\| +(\w+)$", done.stderr, re.MULTILINE))
    return [name for name in HEAVY if name in modules]


def main(repeats: str = "11") -> None:
    """Print a line for each command."""
    for name, words in COMMANDS.items():
        seconds(words)  # the first one reads the files from the disk
        taken = median(seconds(words) for _ in range(int(repeats)))
        print(f"{name:28} {taken:5.2f} s  {', '.join(imported(words)) or '-'}")


if __name__ == "__main__":
    main(*sys.argv[1:])
