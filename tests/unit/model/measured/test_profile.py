"""Which interpreters can be profiled, and what a profile's folder and slices are."""

import pytest

from stacklab.model.measured.profile import Profile, Recording, Slice, why_unprofiled


@pytest.mark.parametrize("python", ["CPython 3.9.18", "CPython 3.11.7", "CPython 3.14.2", "CPython 3.14.0rc1"])
def test_an_interpreter_with_the_gil_can_be_profiled(python: str) -> None:
    assert why_unprofiled(python) is None


@pytest.mark.parametrize(
    ("python", "reason"),
    [
        ("CPython 3.14.0t", "free-threaded"),
        ("CPython 3.15.0", "knows CPython up to 3.14"),
        ("PyPy 3.10.14", "profiles CPython alone"),
    ],
)
def test_an_interpreter_that_cannot_is_named_with_what_to_do(python: str, reason: str) -> None:
    found = why_unprofiled(python)

    assert found is not None
    assert reason in found
    assert "--python" in found


def test_profiles_of_several_boots_have_folders_of_their_own() -> None:
    folders = [
        Profile(stack="one", scenario="json", started_at="now", seconds=5, rate_hz=400, number=number).folder
        for number in (1, 2)
    ]

    assert folders == ["one/json/profile", "one/json/profile-2"]


def test_all_threads_are_sampled_less_often_than_the_holder_of_the_gil() -> None:
    assert (Recording.GIL.rate_hz(400), Recording.ALL.rate_hz(400)) == (400, 100)


def test_a_slice_without_requests_has_no_time_per_request() -> None:
    assert Slice(length_s=1.0, cpu_ns=5, requests=0).cpu_us_per_request is None
