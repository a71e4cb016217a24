"""Ctrl-C that Python would drop is found all the same."""

import signal
from collections import deque

import pytest

from stacklab.cli.show.interruption import Interruption


class Deleted:
    """Interrupted while it is being deleted."""

    def __del__(self) -> None:
        signal.raise_signal(signal.SIGINT)


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # the exception that is dropped
def test_what_is_dropped_ends_the_work_after_the_piece_that_is_under_way() -> None:
    done = []

    def work(piece: int) -> None:
        if piece == 1:
            Deleted()
        done.append(piece)

    with Interruption() as interruption, pytest.raises(KeyboardInterrupt):
        deque(map(work, interruption.between(range(3))))

    assert [0, 1] == done


def test_it_interrupts_at_once_where_nothing_drops_it() -> None:
    with pytest.raises(KeyboardInterrupt), Interruption():
        signal.raise_signal(signal.SIGINT)


def test_without_ctrl_c_nothing_is_raised_and_the_handler_is_the_one_before() -> None:
    before = signal.getsignal(signal.SIGINT)
    with Interruption() as interruption:
        done = list(interruption.between(range(3)))

    assert [0, 1, 2] == done
    assert before == signal.getsignal(signal.SIGINT)


def test_where_ctrl_c_is_ignored_it_stays_ignored() -> None:
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    done = []
    try:
        with Interruption() as interruption:
            for piece in interruption.between(range(3)):
                signal.raise_signal(signal.SIGINT)
                done.append(piece)
    finally:
        signal.signal(signal.SIGINT, before)

    assert [0, 1, 2] == done
