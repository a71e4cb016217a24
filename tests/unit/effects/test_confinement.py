"""What the kernel's texts say of containers, cgroups, capabilities and connections."""

import pytest

from stacklab.effects.machine.cgroup import container, limit, places, quota_v1, quota_v2
from stacklab.effects.machine.facts import capabilities, time_wait


def test_version_1_lists_a_path_for_every_controller() -> None:
    text = "4:memory:/system.slice\n2:cpu,cpuacct:/docker/abc\n0::/init.scope"

    expected = {"memory": "/system.slice", "cpu": "/docker/abc", "cpuacct": "/docker/abc", "": "/init.scope"}

    assert expected == places(text)


@pytest.mark.parametrize(
    ("text", "cores"), [("max 100000", None), ("150000 100000", 1.5), ("50000 100000", 0.5), (None, None)]
)
def test_a_quota_of_version_2_is_a_number_of_cores(text: str | None, cores: float | None) -> None:
    assert cores == quota_v2(text)


@pytest.mark.parametrize(
    ("quota", "period", "cores"),
    [("-1", "100000", None), ("200000", "100000", 2.0), (None, None, None), ("200000", None, None)],
)
def test_a_quota_of_version_1_is_a_number_of_cores(quota: str | None, period: str | None, cores: float | None) -> None:
    assert cores == quota_v1(quota, period)


@pytest.mark.parametrize(
    ("text", "size"), [("max", None), ("9223372036854771712", None), ("536870912", 536870912), (None, None)]
)
def test_a_limit_that_no_machine_could_reach_is_none(text: str | None, size: int | None) -> None:
    assert size == limit(text)


@pytest.mark.parametrize(
    ("marks", "first", "engine"),
    [
        ([], "0::/init.scope", None),
        (["docker"], "0::/", "docker"),
        ([], "4:cpu:/docker/0123456789ab", "docker"),
        (["docker"], "4:cpu:/kubepods/burstable/pod1/0123456789ab", "kubernetes"),
        ([], "0::/machine.slice/libpod-0123.scope", "podman"),
    ],
)
def test_a_container_is_known_by_its_engine(marks: list[str], first: str, engine: str | None) -> None:
    assert engine == container(marks=marks, first_cgroup=first)


def test_capabilities_are_the_bits_of_a_mask() -> None:
    assert {0, 19, 38} == capabilities("Name:\tpython\nCapEff:\t0000004000080001\nSeccomp:\t0")


def test_connections_in_time_wait_are_counted_by_the_kernel() -> None:
    assert time_wait("sockets: used 21\nTCP: inuse 3 orphan 0 tw 225 alloc 3 mem 0\nUDP: inuse 0 mem 0") == 225


def test_a_kernel_without_that_file_tells_nothing() -> None:
    assert time_wait("") is None
