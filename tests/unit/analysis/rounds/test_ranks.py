"""Ranks: who is told apart, between which ranks everybody stands, and what raises an alarm."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from stacklab.analysis.rounds.ranks import ranked
from stacklab.analysis.rounds.scatter import Contest, ValuesByRound


def _about(value: float, *, spread: float = 0.01) -> ValuesByRound:
    """Three rounds that scatter a little, each in its own way."""
    offsets = (-1.0, 0.3, 0.8) if round(value) % 2 else (0.5, -1.0, 0.6)
    return {number: value * (1 + spread * offset) for number, offset in enumerate(offsets, 1)}


APART, TOGETHER = {"a": (1, 1), "b": (2, 2)}, {"a": (1, 2), "b": (1, 2)}
"""Two stacks, of which the first is better or seems so."""

LATENCIES = Contest(
    scenario="scenario", metric="latency_ms.p50", more_is_better=False, values={"a": _about(10), "b": _about(20)}
)


def _among(**values: ValuesByRound) -> Contest:
    return replace(LATENCIES, values=values)


def _beside(contest: Contest, others: Sequence[ValuesByRound]) -> Contest:
    """The contest with more stacks, far behind."""
    behind = {f"z{place}": {n: 1000 * v for n, v in rounds.items()} for place, rounds in enumerate(others)}
    return replace(contest, values={**contest.values, **behind})


def _first(ranks: Mapping[str, tuple[int, int]], names: Sequence[str]) -> dict[str, tuple[int, int]]:
    return {name: ranks[name] for name in names}


def found(contests: list[Contest]) -> list[dict[str, tuple[int, int]]]:
    """First and last rank by stack, best first."""
    return [{rank.stack: (rank.first, rank.last) for rank in one.ranks} for one in ranked(contests)]


def test_what_is_certain_and_large_is_told_apart() -> None:
    assert [APART] == found([LATENCIES])


def test_more_is_better_turns_the_order_round() -> None:
    assert [{"b": (1, 1), "a": (2, 2)}] == found([replace(LATENCIES, more_is_better=True)])


def test_what_scatters_more_than_it_differs_shares_a_rank_with_the_better_value_first() -> None:
    assert [{"b": (1, 2), "a": (1, 2)}] == found([_among(a=_about(11, spread=0.3), b=_about(10, spread=0.3))])


def test_the_ends_of_a_chain_are_told_apart_where_its_links_are_not() -> None:
    chain = _among(a=_about(10, spread=0.1), b=_about(13, spread=0.1), c=_about(16, spread=0.1))

    assert [{"a": (1, 2), "b": (1, 3), "c": (2, 3)}] == found([chain])


def test_one_noisy_stack_hides_nobody_else() -> None:
    contest = _among(a=_about(10), noisy={1: 12.0, 2: 24.0, 3: 17.0}, b=_about(30))
    quiet = tuple(_about(value) for value in (10, 11, 20, 21))

    (ranks,) = found([_beside(contest, quiet)])

    assert {"a": (1, 2), "noisy": (1, 3), "b": (2, 3)} == _first(ranks, ("a", "noisy", "b"))


def test_a_value_of_one_round_is_not_ranked() -> None:
    assert [{}] == found([_among(a={1: 1.0})])


def test_a_lower_bound_is_told_apart_from_what_is_better_only() -> None:
    contest = replace(_among(a=_about(50), b=_about(500), c=_about(10)), bounds=frozenset("a"))

    assert [{"c": (1, 1), "a": (2, 3), "b": (2, 3)}] == found([contest])


def test_the_scatter_of_all_helps_few_rounds_to_a_verdict() -> None:
    """Two rounds of a pair have one degree of freedom; beside two other stacks it has two."""
    two = _among(a={1: 10.0, 2: 10.2}, b={1: 21.0, 2: 19.0})
    more = tuple({1: 10.0, 2: 10.0 * factor} for factor in (1.05, 0.95))

    alone, beside_others = found([two]), found([_beside(two, more)])

    assert (TOGETHER, APART) == (alone[0], _first(beside_others[0], "ab"))


def test_the_more_questions_are_asked_the_more_certain_an_answer_must_be() -> None:
    asked = _among(a=_about(10), b=_about(11))
    others = [_among(a=_about(10, spread=0.2), b=_about(10, spread=0.2)) for _ in range(50)]

    alone, among_many = found([asked])[0], found([asked, *others])[0]

    assert (APART, TOGETHER) == (alone, among_many)


def test_a_round_that_is_missing_on_one_side_is_no_pair() -> None:
    assert [APART] == found([_among(a=_about(10), b={1: 20.0, 2: 20.3})])


@given(
    st.dictionaries(st.text(min_size=1, max_size=3), st.lists(st.floats(0.1, 100), min_size=2, max_size=5), max_size=6),
    st.booleans(),
)
def test_for_every_one_that_is_better_another_is_worse(values: dict[str, list[float]], more_is_better: bool) -> None:
    rounds = {name: dict(enumerate(found)) for name, found in values.items()}
    (one,) = ranked([replace(LATENCIES, values=rounds, more_is_better=more_is_better)])
    ranks = one.ranks

    assert sorted(values) == sorted(rank.stack for rank in ranks)
    assert all(1 <= rank.first <= rank.last <= len(ranks) for rank in ranks)
    assert sum(rank.first - 1 for rank in ranks) == sum(len(ranks) - rank.last for rank in ranks)


def test_two_stacks_with_less_than_two_rounds_in_common_are_not_told_apart() -> None:
    assert [TOGETHER] == found([_among(a={1: 10.0, 2: 10.0}, b={2: 20.0, 3: 20.0})])


def test_numbers_that_do_not_scatter_are_told_apart_where_they_differ() -> None:
    same = {1: 10.0, 2: 10.0}

    assert [{"a": (1, 2), "b": (1, 2), "c": (3, 3)}] == found([_among(a=same, b=same, c={1: 11.0, 2: 11.0})])


def test_a_pair_that_is_noisier_than_the_others_has_its_own_degrees_of_freedom() -> None:
    """The same pair among stacks as noisy as itself is told apart: they make its scatter certain."""
    pair = _among(a={1: 10.0, 2: 10.2, 3: 9.9}, b={1: 16.0, 2: 13.4, 3: 17.0})
    quiet = tuple({1: 10.0, 2: 10.0 * factor, 3: 10.0} for factor in (1.001, 0.999, 1.0, 1.001))
    noisy = tuple({1: 10.0, 2: 10.0 * factor, 3: 10.0 / factor} for factor in (1.08, 0.92, 1.0, 1.05))

    among_quiet, among_noisy = (_first(found([_beside(pair, others)])[0], "ab") for others in (quiet, noisy))

    assert (TOGETHER, APART) == (among_quiet, among_noisy)


def test_a_stack_that_is_told_from_its_twin_raises_an_alarm_and_its_ranks_stay() -> None:
    (calm,) = ranked([replace(LATENCIES, twins={"a": {1: 10.1, 2: 9.8, 3: 10.1}})])
    (alarmed,) = ranked([replace(LATENCIES, twins={"a": _about(15)})])

    assert (False, True) == (calm.alarm, alarmed.alarm)
    assert [rank.stack for rank in calm.ranks] == [rank.stack for rank in alarmed.ranks]


def test_alarms_are_a_family_of_their_own() -> None:
    """That of one contest is not as certain among twenty."""
    odd = replace(LATENCIES, twins={"a": {n: v * 1.04 for n, v in _about(11, spread=0.003).items()}})
    others = [replace(LATENCIES, twins={"a": _about(11)}) for _ in range(200)]

    assert (True, False) == (ranked([odd])[0].alarm, ranked([odd, *others])[0].alarm)


def test_a_contest_says_what_its_session_would_tell_apart() -> None:
    pair = _among(a=_about(10), b=_about(11))
    alone, among_many = ranked([pair])[0].sees, ranked([pair] * 20)[0].sees

    assert alone is not None
    assert among_many is not None
    assert among_many > alone


def test_where_nobody_can_be_compared_nothing_is_seen() -> None:
    assert None is ranked([_among(a={1: 1.0})])[0].sees
