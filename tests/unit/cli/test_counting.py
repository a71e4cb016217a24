"""What counts: the processor where it can, valgrind elsewhere, and a sentence where neither does."""

import pytest

from stacklab.cli.verbs.measure.count import chosen_source
from stacklab.effects import callgrind
from stacklab.effects.machine import instructions
from stacklab.errors import UsageError
from stacklab.model.measured.counting import CountSource


@pytest.fixture
def no_processor(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(instructions, "refusal", lambda: "The processor shows no counter of them.")


@pytest.fixture
def a_processor(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(instructions, "refusal", lambda: None)


@pytest.fixture
def valgrind(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(callgrind, "refusal", lambda: None)


@pytest.fixture
def no_valgrind(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(callgrind, "refusal", lambda: callgrind.INSTALL)


@pytest.mark.usefixtures("a_processor", "valgrind")
def test_the_processor_counts_where_it_can() -> None:
    assert CountSource.CPU == chosen_source()


@pytest.mark.usefixtures("a_processor", "valgrind")
def test_valgrind_counts_where_it_is_wanted() -> None:
    assert CountSource.CALLGRIND == chosen_source("callgrind")


@pytest.mark.usefixtures("no_processor", "valgrind")
def test_valgrind_counts_where_the_processor_cannot() -> None:
    assert CountSource.CALLGRIND == chosen_source()


@pytest.mark.usefixtures("no_processor", "no_valgrind")
def test_where_neither_counts_the_package_is_named() -> None:
    with pytest.raises(UsageError, match=r"^valgrind is not installed; install it \(Debian's package: valgrind\)$"):
        chosen_source()


@pytest.mark.usefixtures("no_processor", "valgrind")
def test_a_processor_that_is_wanted_and_cannot_count_is_refused_with_the_reason() -> None:
    with pytest.raises(
        UsageError, match=r"^--source cpu cannot count instructions: the processor shows no counter of them"
    ):
        chosen_source("cpu")


def test_without_the_programs_of_valgrind_there_is_a_refusal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")

    assert callgrind.INSTALL == callgrind.refusal()
