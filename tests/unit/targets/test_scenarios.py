"""The scenarios ask what the contract answers, at loads that mean what their comments say."""

import pytest

from stacklab.catalog.loader import load
from stacklab.catalog.workspace import reference
from stacklab.model.traffic.contract import Contract
from stacklab.model.traffic.load import Closed, Open
from stacklab.model.traffic.scenario import Scenario

CONTRACT = load(reference() / "targets" / "contract.toml", Contract, named=False)
SCENARIOS = {path.stem: load(path, Scenario) for path in sorted((reference() / "scenarios").glob("*.toml"))}

each_scenario = pytest.mark.parametrize("scenario", SCENARIOS.values(), ids=lambda scenario: scenario.name)
each_question = pytest.mark.parametrize("question", ["json", "cpu-bound", "io-blocking", "io-async", "stream"])


@each_scenario
def test_every_call_has_a_listed_answer(scenario: Scenario) -> None:
    known = [call for call in scenario.calls if not call.vary and not CONTRACT.endpoints[call.endpoint].messages]

    assert [call for call in known if call.query not in CONTRACT.endpoints[call.endpoint].answers] == []


@each_scenario
def test_the_answers_to_a_call_that_varies_have_a_pattern(scenario: Scenario) -> None:
    varying = [call for call in scenario.calls if call.vary]

    assert [call for call in varying if CONTRACT.endpoints[call.endpoint].pattern is None] == []


@each_question
def test_a_question_is_asked_in_a_closed_and_in_an_open_loop(question: str) -> None:
    loads = (SCENARIOS[question].load, SCENARIOS[f"{question}-open"].load)

    assert [Closed, Open] == [type(load) for load in loads]


@pytest.mark.parametrize("name", ["stream", "stream-open", "events"])
def test_the_pieces_of_streams_and_events_have_an_end_to_be_known_by(name: str) -> None:
    (call,) = SCENARIOS[name].calls
    endpoint = CONTRACT.endpoints[call.endpoint]

    assert endpoint.piece_end is not None
    assert endpoint.answers[call.query].count(endpoint.piece_end) == 5


@each_question
def test_the_closed_and_the_open_loop_make_the_same_calls(question: str) -> None:
    assert SCENARIOS[question].calls == SCENARIOS[f"{question}-open"].calls


def test_the_mistake_is_made_under_the_load_of_the_cooperative_wait() -> None:
    assert SCENARIOS["io-async"].load == SCENARIOS["blocking-mistake"].load


@pytest.mark.parametrize("name", ["io-blocking-open", "io-async-open"])
def test_an_open_loop_of_waits_leaves_a_single_process_idle_half_of_the_time(name: str) -> None:
    scenario = SCENARIOS[name]
    assert isinstance(scenario.load, Open)
    wait_s = int(scenario.calls[0].query.removeprefix("ms=")) / 1000

    assert scenario.load.rate * wait_s <= 0.5
