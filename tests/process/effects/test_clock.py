"""Waiting: for conditions and for moments, on the real clock."""

import re

from stacklab.effects.clock import now_ns, pause_until, utc_now, wait_for
from stacklab.units import NS_PER_MS


def test_a_condition_is_asked_until_it_answers() -> None:
    answers = iter([None, None, "yes"])

    assert wait_for(lambda: next(answers), deadline_s=20, every_s=0) == "yes"


def test_an_answer_that_is_false_is_an_answer() -> None:
    assert wait_for(lambda: 0, deadline_s=20) == 0


def test_a_condition_is_asked_even_when_there_is_no_time() -> None:
    assert wait_for(lambda: "yes", deadline_s=0) == "yes"


def test_a_condition_that_never_answers_ends_with_none() -> None:
    assert wait_for(lambda: None, deadline_s=0.01) is None


def test_a_pause_is_never_too_short() -> None:
    moment = now_ns() + 5 * NS_PER_MS
    pause_until(moment)

    assert now_ns() >= moment


def test_the_time_of_day_is_utc_in_whole_seconds() -> None:
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", utc_now())
