"""Which processors serve whom, and what the kernel's texts say, on machines that nobody owns."""

from collections.abc import Collection

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stacklab.effects.machine.host import assign_cpus, processor, turbo, virtual
from stacklab.errors import UsageError

XEON = "processor\t: 0\nmodel name\t: Intel(R) Xeon(R)\nflags\t\t: fpu vme hypervisor lahf_lm\n\nprocessor\t: 1\n"
LAPTOP = "processor\t: 0\nmodel name\t: Some Laptop Chip\nflags\t\t: fpu vme\n"
ARM = "processor\t: 0\nBogoMIPS\t: 108.00\nFeatures\t: fp asimd\n"


def assign(
    *cpus: int, server: Collection[int] | None = None, driver: Collection[int] | None = None
) -> tuple[set[int], set[int]]:
    for_server, for_driver = assign_cpus(cpus, server=server, driver=driver)
    return set(for_server), set(for_driver)


@pytest.mark.parametrize(
    ("cpus", "expected"),
    [
        ((0,), ({0}, {0})),
        ((3,), ({3}, {3})),
        ((0, 1), ({0}, {1})),
        ((0, 1, 2), ({0, 1}, {2})),
        ((0, 1, 2, 3), ({0, 1}, {2, 3})),
        ((0, 4, 1, 5, 2, 6, 3, 7), ({0, 4, 1, 5}, {2, 6, 3, 7})),  # siblings side by side: no core is shared
        ((0, 3, 1, 4, 2, 5), ({0, 3, 1, 4}, {2, 5})),
    ],
)
def test_server_and_driver_share_no_processor_unless_there_is_but_one(
    cpus: tuple[int, ...], expected: tuple[set[int], set[int]]
) -> None:
    assert assign(*cpus) == expected


@given(st.lists(st.integers(0, 255), min_size=2, max_size=64, unique=True))
def test_every_processor_has_one_master(cpus: list[int]) -> None:
    server, driver = assign(*cpus)

    assert sorted([*server, *driver]) == sorted(cpus)


def test_the_driver_makes_room_for_the_servers_choice() -> None:
    assert assign(0, 1, 2, 3, server={1, 2, 3}) == ({1, 2, 3}, {0})


def test_the_server_makes_room_for_the_drivers_choice() -> None:
    assert assign(0, 1, 2, 3, driver={0}) == ({1, 2, 3}, {0})


def test_processors_may_stay_idle_by_choice() -> None:
    assert assign(0, 1, 2, 3, server={0}, driver={2}) == ({0}, {2})


def test_the_only_processor_may_be_chosen_for_both() -> None:
    assert assign(0, server={0}, driver={0}) == ({0}, {0})


@pytest.mark.parametrize(
    ("server", "driver", "sentence"),
    [
        ({7}, None, "--server-cpus 7: choose from the available processors, 0,1"),
        (None, {0, 7}, "--driver-cpus 0,7: choose from the available processors, 0,1"),
        (set(), None, "--server-cpus : choose from the available processors, 0,1"),
        ({0}, {0}, "at least one for the server and one for the driver, and none for both"),
        ({0, 1}, None, "at least one for the server and one for the driver, and none for both"),
        (None, {0, 1}, "at least one for the server and one for the driver, and none for both"),
    ],
)
def test_a_choice_that_is_impossible_is_refused(
    server: set[int] | None, driver: set[int] | None, sentence: str
) -> None:
    with pytest.raises(UsageError, match=sentence):
        assign(0, 1, server=server, driver=driver)


def test_the_processor_is_named_as_it_names_itself() -> None:
    assert processor(XEON) == "Intel(R) Xeon(R)"


def test_a_processor_without_a_name_has_none() -> None:
    assert processor(ARM) is None


@pytest.mark.parametrize(
    ("no_turbo", "boost", "expected"),
    [("0", None, "on"), ("1", None, "off"), (None, "1", "on"), (None, "0", "off"), (None, None, None)],
)
def test_turbo_is_on_off_or_unknown(no_turbo: str | None, boost: str | None, expected: str | None) -> None:
    assert turbo(no_turbo=no_turbo, boost=boost) == expected


def test_bare_metal_has_no_hypervisor_though_it_has_a_vendor() -> None:
    assert virtual(LAPTOP, vendor="Maker", product="Book 7", hypervisor=None) is None


def test_a_hypervisor_is_named_by_its_vendor() -> None:
    assert virtual(XEON, vendor="Amazon EC2", product="t3.medium", hypervisor=None) == "Amazon EC2 t3.medium"


def test_a_hypervisor_that_names_itself_is_called_so() -> None:
    assert virtual(LAPTOP, vendor=None, product=None, hypervisor="xen") == "xen"


def test_a_hypervisor_may_have_no_name() -> None:
    assert virtual(XEON, vendor=None, product=None, hypervisor=None) == "an unnamed hypervisor"
