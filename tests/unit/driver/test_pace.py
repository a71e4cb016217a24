"""Paces: when requests start, told by a sender that only writes down; time is a number here."""

from dataclasses import dataclass, field

import numpy as np
import pytest

from stacklab.driver.loop.connection import Connection
from stacklab.driver.pacing.closed import PAUSE_NS, ClosedPace, ClosedSchedule
from stacklab.driver.pacing.open import OpenPace, Schedule, SessionPace
from stacklab.driver.pacing.pace import NEVER, PhaseBounds
from stacklab.model.measured.record import Outcome, Phase
from stacklab.model.traffic.load import Open, Overload

WINDOW = PhaseBounds(start_ns=100, measure_ns=200, end_ns=1000)
MEASURED_PICKS = np.array([7, 8, 9], dtype=np.uint16)


@dataclass
class Notebook:
    """A sender that writes down what it is asked to do."""

    pool: list[Connection]
    sent: list[tuple[int, int, Phase]] = field(default_factory=list)
    """Connection, intended start, phase."""
    picks: list[int] = field(default_factory=list)
    given_up: list[tuple[int, Outcome]] = field(default_factory=list)
    dropped: list[int] = field(default_factory=list)

    def send(self, connection: Connection, pick: int, intended_ns: int, phase: Phase) -> None:
        self.sent.append((connection.index, intended_ns, phase))
        self.picks.append(pick)

    def give_up(self, pick: int, intended_ns: int, phase: Phase, outcome: Outcome) -> None:
        self.given_up.append((intended_ns, outcome))

    def drop(self, connection: Connection) -> None:
        self.dropped.append(connection.index)


def notebook(connections: int) -> Notebook:
    return Notebook([Connection(index) for index in range(connections)])


def closed(sender: Notebook, *, changes: list[tuple[int, int]] | None = None, think_ns: int = 0) -> ClosedPace:
    """``changes`` counts from the begin of the warm-up."""
    pace = ClosedPace(
        sender,
        WINDOW.start_ns,
        warmup=ClosedSchedule(np.zeros(4, dtype=np.uint16), changes or [(0, len(sender.pool))]),
        measured=ClosedSchedule(MEASURED_PICKS, []),
        think_ns=think_ns,
    )
    pace.fix(WINDOW)
    return pace


def opened(
    sender: Notebook, times: list[int], load: Open | None = None, *, kind: type[OpenPace] = OpenPace
) -> OpenPace:
    """``times`` are absolute."""
    pace = unfixed(sender, times, load, kind=kind)
    pace.fix(WINDOW)
    return pace


def unfixed(
    sender: Notebook, times: list[int], load: Open | None = None, *, kind: type[OpenPace] = OpenPace
) -> OpenPace:
    """The measured window is not fixed yet, and the warm-up's schedule goes on beyond its begin."""
    warmup = [at_ns - WINDOW.start_ns for at_ns in times if at_ns < WINDOW.measure_ns]
    measured = [at_ns - WINDOW.measure_ns for at_ns in times if at_ns >= WINDOW.measure_ns]
    return kind(
        sender,
        load or Open(rate=1.0),
        WINDOW.start_ns,
        warmup=schedule([*warmup, 150, 10_000]),
        measured=schedule(measured),
    )


def schedule(times: list[int]) -> Schedule:
    return Schedule(np.array(times, dtype=np.int64), np.arange(len(times), dtype=np.uint16))


def starts(sender: Notebook) -> list[int]:
    return [intended_ns for _, intended_ns, _ in sender.sent]


def test_a_closed_loop_begins_with_one_request_on_every_connection() -> None:
    sender = notebook(3)
    closed(sender).due(105)

    assert sender.sent == [(0, 100, Phase.WARMUP), (1, 100, Phase.WARMUP), (2, 100, Phase.WARMUP)]


def test_a_freed_connection_of_a_closed_loop_sends_at_once() -> None:
    sender = notebook(1)
    pace = closed(sender)
    pace.due(100)
    pace.freed(sender.pool[0], 250)

    assert sender.sent[1:] == [(0, 250, Phase.MEASURE)]


def test_a_closed_loop_sends_nothing_after_the_window() -> None:
    sender = notebook(1)
    pace = closed(sender)
    pace.due(100)
    pace.freed(sender.pool[0], WINDOW.end_ns)

    assert (1, 1) == (len(sender.sent), pace.intended)


def test_think_time_delays_the_intended_start() -> None:
    sender = notebook(1)
    pace = closed(sender, think_ns=50)
    pace.due(100)
    pace.freed(sender.pool[0], 120)

    assert pace.next_ns == 170

    pace.due(175)

    assert starts(sender) == [100, 170]


def test_a_connection_without_an_answer_pauses() -> None:
    sender = notebook(1)
    pace = closed(sender)
    pace.due(100)
    pace.failed(sender.pool[0], 120)

    assert (1, 120 + PAUSE_NS) == (len(sender.sent), pace.next_ns)


def test_connections_join_and_leave_a_closed_loop_as_its_crew_changes() -> None:
    sender = notebook(2)
    pace = closed(sender, changes=[(0, 1), (200, 2), (400, 1)])
    for now_ns in (100, 300, 500):
        pace.due(now_ns)
    for connection in sender.pool:
        pace.freed(connection, 510)

    assert [(connection, at_ns) for connection, at_ns, _ in sender.sent] == [(0, 100), (1, 300), (0, 510)]


def test_an_open_loop_sends_what_is_due_on_connections_in_turn() -> None:
    sender = notebook(2)
    pace = opened(sender, [110, 150, 250])
    pace.due(160)

    assert sender.sent == [(0, 110, Phase.WARMUP), (1, 150, Phase.WARMUP)]
    assert (3, 1) == (pace.intended, pace.dropped_timers)


def test_the_phase_of_a_late_request_is_that_of_its_intended_start() -> None:
    sender = notebook(1)
    pace = opened(sender, [110, 150, 250])
    pace.due(110)
    pace.freed(sender.pool[0], 900)

    assert sender.sent[1] == (0, 150, Phase.WARMUP)


def test_what_waits_is_sent_when_a_connection_is_freed_and_keeps_its_intended_start() -> None:
    sender = notebook(1)
    pace = opened(sender, [110, 120, 130])
    pace.due(140)

    assert (True, NEVER) == (pace.behind(), pace.next_ns)

    pace.freed(sender.pool[0], 400)
    pace.freed(sender.pool[0], 500)

    assert starts(sender) == [110, 120, 130]
    assert not pace.behind()


def test_a_deadline_sheds_what_has_waited_too_long() -> None:
    sender = notebook(1)
    pace = opened(sender, [110, 120, 390], Open(rate=1.0, overload=Overload.DEADLINE, deadline_s=100e-9))
    pace.due(130)
    pace.freed(sender.pool[0], 400)

    assert starts(sender) == [110, 390]
    assert sender.given_up == [(120, Outcome.SHED)]


def test_max_in_flight_sheds_what_finds_no_idle_connection() -> None:
    sender = notebook(1)
    pace = opened(sender, [110, 120, 130, 450], Open(rate=1.0, overload=Overload.MAX_IN_FLIGHT))
    pace.due(125)
    pace.freed(sender.pool[0], 400)
    pace.due(450)

    assert starts(sender) == [110, 450]
    assert sender.given_up == [(120, Outcome.SHED), (130, Outcome.SHED)]


@pytest.mark.parametrize(
    ("load", "outcome"),
    [
        (Open(rate=1.0), Outcome.CENSORED),
        (Open(rate=1.0, overload=Overload.MAX_IN_FLIGHT), Outcome.SHED),
        (Open(rate=1.0, overload=Overload.DEADLINE, deadline_s=100e-9), Outcome.SHED),
        (Open(rate=1.0, overload=Overload.DEADLINE, deadline_s=1.0), Outcome.CENSORED),
    ],
)
def test_what_was_never_sent_is_recorded_in_the_end(load: Open, outcome: Outcome) -> None:
    sender = notebook(1)
    pace = opened(sender, [110, 120], load)
    pace.due(110)
    pace.finish(2000)

    assert sender.given_up == [(120, outcome)]
    assert not pace.behind()


def test_a_failed_connection_of_an_open_loop_is_used_again() -> None:
    sender = notebook(1)
    pace = opened(sender, [110, 120])
    pace.due(110)
    pace.failed(sender.pool[0], 115)
    pace.due(120)

    assert starts(sender) == [110, 120]


def test_a_session_makes_its_requests_one_after_the_other_and_closes_its_connection() -> None:
    sender = notebook(1)
    pace = opened(sender, [110], Open(rate=1.0, requests_per_session=3), kind=SessionPace)
    pace.due(110)
    for now_ns in (130, 140, 150):
        pace.freed(sender.pool[0], now_ns)

    assert starts(sender) == [110, 130, 140]
    assert (3, [0]) == (pace.intended, sender.dropped)


def test_a_session_ends_with_the_first_request_that_gets_no_answer() -> None:
    sender = notebook(1)
    pace = opened(sender, [110, 300], Open(rate=1.0, requests_per_session=2), kind=SessionPace)
    pace.due(110)
    pace.failed(sender.pool[0], 130)
    pace.due(300)
    pace.freed(sender.pool[0], 310)

    assert starts(sender) == [110, 300, 310]


def test_no_session_goes_on_beyond_the_window() -> None:
    sender = notebook(1)
    pace = opened(sender, [110], Open(rate=1.0, requests_per_session=9), kind=SessionPace)
    pace.due(110)
    pace.freed(sender.pool[0], WINDOW.end_ns)

    assert starts(sender) == [110]


def test_until_the_window_is_fixed_all_is_warmup() -> None:
    sender = notebook(1)
    pace = unfixed(sender, [110])
    pace.due(110)
    pace.freed(sender.pool[0], 600)

    assert [(0, 110, Phase.WARMUP), (0, 250, Phase.WARMUP)] == sender.sent


def test_the_windows_schedule_begins_with_the_window_whatever_was_sent_before() -> None:
    """Of the warm-up's schedule nothing is left; what waits of it is sent all the same, and first."""
    sender = notebook(1)
    pace = unfixed(sender, [110, 190, 230, 240])
    pace.due(195)
    pace.fix(WINDOW)
    pace.freed(sender.pool[0], 235)
    pace.freed(sender.pool[0], 241)

    assert [(110, Phase.WARMUP), (190, Phase.WARMUP), (230, Phase.MEASURE)] == [
        (at, phase) for _, at, phase in sender.sent
    ]
    assert [0, 1, 0] == sender.picks
    assert (4, True) == (pace.intended, pace.behind())


def test_a_pace_that_is_fixed_goes_on_when_the_window_begins() -> None:
    sender = notebook(1)
    pace = unfixed(sender, [230])
    pace.fix(WINDOW)

    assert (230, 1) == (pace.next_ns, pace.intended)


def test_a_closed_loop_asks_in_the_window_what_it_would_have_asked_after_any_warmup() -> None:
    picks = []
    for warmed in (1, 3):
        sender = notebook(1)
        pace = closed(sender)
        pace.due(100)
        for _ in range(warmed):
            pace.freed(sender.pool[0], 150)
        for _ in range(3):
            pace.freed(sender.pool[0], 300)
        picks.append(sender.picks[-3:])

    assert [[7, 8, 9], [7, 8, 9]] == picks


def test_a_crew_changes_when_the_window_begins() -> None:
    sender = notebook(2)
    zeros = np.zeros(1, dtype=np.uint16)
    pace = ClosedPace(
        sender, 100, warmup=ClosedSchedule(zeros, [(0, 1)]), measured=ClosedSchedule(zeros, [(0, 2)]), think_ns=0
    )
    pace.due(100)
    pace.fix(WINDOW)

    assert pace.next_ns == 200

    pace.due(200)

    assert [(0, 100, Phase.WARMUP), (1, 200, Phase.MEASURE)] == sender.sent


def test_an_open_loop_that_ends_early_owes_nothing_that_was_not_due() -> None:
    sender = notebook(1)
    pace = opened(sender, [110, 120, 500])
    pace.due(130)
    pace.finish(400)

    assert [(120, Outcome.CENSORED)] == sender.given_up
    assert pace.intended == 2
