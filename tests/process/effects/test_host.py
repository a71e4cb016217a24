"""This machine, as it is read."""

import getpass
import os
import platform
from pathlib import Path

from stacklab.effects.machine.host import read_cpus, read_host


def test_the_processors_are_those_that_may_be_used() -> None:
    assert set(read_cpus()) == os.sched_getaffinity(0)


def test_what_is_read_of_the_host_names_no_one() -> None:
    words = set(str(read_host()).replace("'", " ").replace(",", " ").split())

    assert words.isdisjoint({platform.node(), getpass.getuser()})


def test_the_memory_is_what_the_kernel_says() -> None:
    total_kib = int(Path("/proc/meminfo").read_text().split()[1])

    assert read_host().memory_bytes == total_kib * 1024
