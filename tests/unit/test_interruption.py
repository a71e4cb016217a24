"""Ctrl-C that Python would drop is found all the same."""

import signal

import pytest

from stacklab.cli.interruption import Interruption


class Deleted:
    """Interrupted while it is being deleted."""

    def __del__(self) -> None:
        signal.raise_signal(signal.SIGINT)


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # the exception that is dropped
def test_what_is_dropped_is_asked_for_later() -> None:
    with Interruption() as interruption:
        Deleted()
        with pytest.raises(KeyboardInterrupt):
            interruption.check()


def test_it_interrupts_at_once_where_nothing_drops_it() -> None:
    with pytest.raises(KeyboardInterrupt), Interruption():
        signal.raise_signal(signal.SIGINT)


def test_without_ctrl_c_nothing_is_raised_and_the_handler_is_the_one_before() -> None:
    before = signal.getsignal(signal.SIGINT)
    with Interruption() as interruption:
        interruption.check()

    assert before == signal.getsignal(signal.SIGINT)
