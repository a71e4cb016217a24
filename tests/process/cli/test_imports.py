"""What only says something imports nothing that draws, computes or reads rows."""

import subprocess
import sys

import pytest

HEAVY = {"pandas", "matplotlib", "scipy"}

PROGRAM = """
import sys
from stacklab.cli.main import run

code = run(sys.argv[1:])
print(code, *sorted({name.partition(".")[0] for name in sys.modules}), file=sys.stderr)
"""


@pytest.mark.parametrize("words", [["--help"], ["list"], ["check", "--help"]])
def test_words_need_no_heavy_module(words: list[str]) -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, *words], capture_output=True, text=True, timeout=60, check=False
    )

    code, *modules = done.stderr.splitlines()[-1].split()
    assert ("0", set()) == (code, HEAVY & set(modules))
