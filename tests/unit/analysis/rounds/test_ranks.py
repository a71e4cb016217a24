"""Ties: who is told apart, and between which ranks everybody stands."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from stacklab.analysis.rounds.ranks import Contest, ValuesByRound, ranked


def _about(value: float, *, spread: float = 0.01) -> ValuesByRound:
    """Three rounds that scatter a little, each in its own way."""
    offsets = (-1.0, 0.3, 0.8) if round(value) % 2 else (0.5, -1.0, 0.6)
    return {number: value * (1 + spread * offset) for number, offset in enumerate(offsets, 1)}


APART, TIED = {"a": (1, 1), "b": (2, 2)}, {"a": (1, 2), "b": (1, 2)}
"""Two stacks, of which the first is better or seems so."""

LATENCIES = Contest(
    scenario="scenario", metric="latency_ms.p50", more_is_better=False, values={"a": _about(10), "b": _about(20)}
)


def _among(**values: ValuesByRound) -> Contest:
    return replace(LATENCIES, values=values)


def found(contests: list[Contest]) -> list[dict[str, tuple[int, int]]]:
    """First and last rank by stack, best first."""
    return [{rank.stack: (rank.first, rank.last) for rank in ranks} for ranks in ranked(contests)]


def test_what_is_certain_and_large_is_told_apart() -> None:
    assert [APART] == found([LATENCIES])


def test_more_is_better_turns_the_order_round() -> None:
    assert [{"b": (1, 1), "a": (2, 2)}] == found([replace(LATENCIES, more_is_better=True)])


def test_what_scatters_more_than_it_differs_shares_a_rank_with_the_better_value_first() -> None:
    assert [{"b": (1, 2), "a": (1, 2)}] == found([_among(a=_about(11, spread=0.3), b=_about(10, spread=0.3))])


def test_a_certain_difference_below_the_noise_floor_is_a_tie() -> None:
    assert [TIED] == found([replace(LATENCIES, floor=1.2)])


def test_the_ends_of_a_chain_of_ties_are_told_apart() -> None:
    """They differ by more than the floor."""
    chain = replace(_among(a=_about(10), b=_about(13), c=_about(17)), floor=0.4)

    assert [{"a": (1, 2), "b": (1, 3), "c": (2, 3)}] == found([chain])


def test_one_noisy_stack_ties_nobody_else() -> None:
    contest = _among(a=_about(10), noisy={1: 12.0, 2: 24.0, 3: 17.0}, b=_about(30))
    quiet = tuple(_about(value) for value in (10, 11, 20, 21))

    assert [{"a": (1, 2), "noisy": (1, 3), "b": (2, 3)}] == found([replace(contest, extra=quiet)])


def test_a_value_of_one_round_is_not_ranked() -> None:
    assert [{}] == found([_among(a={1: 1.0})])


def test_a_lower_bound_is_told_apart_from_what_is_better_only() -> None:
    contest = replace(_among(a=_about(50), b=_about(500), c=_about(10)), bounds=frozenset("a"))

    assert [{"c": (1, 1), "a": (2, 3), "b": (2, 3)}] == found([contest])


def test_the_scatter_of_all_helps_few_rounds_to_a_verdict() -> None:
    """Two rounds of a pair have one degree of freedom; those of six stacks have five."""
    two = _among(a={1: 10.0, 2: 10.2}, b={1: 11.5, 2: 11.0})
    more = tuple({1: 10.0, 2: 10.0 * factor} for factor in (1.03, 0.97, 1.0, 1.03))

    alone, beside_others = found([two]), found([replace(two, extra=more)])

    assert ([TIED], [APART]) == (alone, beside_others)


def test_the_more_questions_are_asked_the_more_certain_an_answer_must_be() -> None:
    asked = _among(a=_about(10), b=_about(11))
    others = [_among(a=_about(10, spread=0.2), b=_about(10, spread=0.2)) for _ in range(50)]

    alone, among_many = found([asked])[0], found([asked, *others])[0]

    assert (APART, TIED) == (alone, among_many)


def test_a_round_that_is_missing_on_one_side_is_no_pair() -> None:
    assert [APART] == found([_among(a=_about(10), b={1: 20.0, 2: 20.3})])


@given(
    st.dictionaries(st.text(min_size=1, max_size=3), st.lists(st.floats(0.1, 100), min_size=2, max_size=5), max_size=6),
    st.booleans(),
)
def test_for_every_one_that_is_better_another_is_worse(values: dict[str, list[float]], more_is_better: bool) -> None:
    rounds = {name: dict(enumerate(found)) for name, found in values.items()}
    (ranks,) = ranked([replace(LATENCIES, values=rounds, more_is_better=more_is_better)])

    assert sorted(values) == sorted(rank.stack for rank in ranks)
    assert all(1 <= rank.first <= rank.last <= len(ranks) for rank in ranks)
    assert sum(rank.first - 1 for rank in ranks) == sum(len(ranks) - rank.last for rank in ranks)


def test_two_stacks_with_less_than_two_rounds_in_common_are_not_told_apart() -> None:
    assert [TIED] == found([_among(a={1: 10.0, 2: 10.0}, b={2: 20.0, 3: 20.0})])


def test_numbers_that_do_not_scatter_are_told_apart_where_they_differ() -> None:
    same = {1: 10.0, 2: 10.0}

    assert [{"a": (1, 2), "b": (1, 2), "c": (3, 3)}] == found([_among(a=same, b=same, c={1: 11.0, 2: 11.0})])


def test_a_pair_that_is_noisier_than_the_others_has_its_own_degrees_of_freedom() -> None:
    """The same pair among stacks as noisy as itself is told apart: they make its scatter certain."""
    pair = _among(a={1: 10.0, 2: 10.2, 3: 9.9}, b={1: 13.0, 2: 11.6, 3: 14.0})
    quiet = tuple({1: 10.0, 2: 10.0 * factor, 3: 10.0} for factor in (1.001, 0.999, 1.0, 1.001))
    noisy = tuple({1: 10.0, 2: 10.0 * factor, 3: 10.0 / factor} for factor in (1.08, 0.92, 1.0, 1.05))

    among_quiet, among_noisy = (found([replace(pair, extra=extra)])[0] for extra in (quiet, noisy))

    assert (TIED, APART) == (among_quiet, among_noisy)
