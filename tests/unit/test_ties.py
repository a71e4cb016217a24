"""Tie groups: who is told apart, and who shares a rank."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from stacklab.analysis.ties import Contest, Rounds, tie_groups


def _about(value: float, *, spread: float = 0.01) -> Rounds:
    """Three rounds that scatter a little, each in its own way."""
    offsets = (-1.0, 0.3, 0.8) if round(value) % 2 else (0.5, -1.0, 0.6)
    return {number: value * (1 + spread * offset) for number, offset in enumerate(offsets, 1)}


LATENCIES = Contest(
    scenario="scenario", metric="latency_ms.p50", more_is_better=False, values={"a": _about(10), "b": _about(20)}
)


def _among(**values: Rounds) -> Contest:
    return replace(LATENCIES, values=values)


def test_what_is_certain_and_large_is_told_apart() -> None:
    assert ((("a",), ("b",)),) == tie_groups([LATENCIES])


def test_more_is_better_turns_the_order_round() -> None:
    assert ((("b",), ("a",)),) == tie_groups([replace(LATENCIES, more_is_better=True)])


def test_what_scatters_more_than_it_differs_shares_a_rank_with_the_better_value_first() -> None:
    assert ((("b", "a"),),) == tie_groups([_among(a=_about(11, spread=0.3), b=_about(10, spread=0.3))])


def test_a_certain_difference_below_the_noise_floor_is_a_tie() -> None:
    assert ((("a", "b"),),) == tie_groups([replace(LATENCIES, floor=1.2)])


def test_a_chain_of_ties_is_one_tie() -> None:
    """Its ends differ by more than the floor."""
    chain = replace(_among(a=_about(10), b=_about(13), c=_about(17)), floor=0.4)

    assert ((("a", "b", "c"),),) == tie_groups([chain])


def test_a_value_of_one_round_is_not_ranked() -> None:
    assert ((),) == tie_groups([_among(a={1: 1.0})])


def test_a_lower_bound_is_told_apart_from_what_is_better_only() -> None:
    contest = replace(_among(a=_about(50), b=_about(500), c=_about(10)), bounds=frozenset("a"))

    assert ((("c",), ("a", "b")),) == tie_groups([contest])


def test_the_scatter_of_all_helps_few_rounds_to_a_verdict() -> None:
    """Two rounds of a pair have one degree of freedom; those of six stacks have five."""
    two = _among(a={1: 10.0, 2: 10.2}, b={1: 11.5, 2: 11.0})
    more = tuple({1: 10.0, 2: 10.0 * factor} for factor in (1.03, 0.97, 1.0, 1.03))

    alone, beside_others = tie_groups([two]), tie_groups([replace(two, extra=more)])

    assert ((("a", "b"),),) == alone
    assert ((("a",), ("b",)),) == beside_others


def test_the_more_questions_are_asked_the_more_certain_an_answer_must_be() -> None:
    asked = _among(a=_about(10), b=_about(11))
    others = [_among(a=_about(10, spread=0.2), b=_about(10, spread=0.2)) for _ in range(50)]

    alone, among_many = tie_groups([asked])[0], tie_groups([asked, *others])[0]

    assert (2, 1) == (len(alone), len(among_many))


def test_a_round_that_is_missing_on_one_side_is_no_pair() -> None:
    assert ((("a",), ("b",)),) == tie_groups([_among(a=_about(10), b={1: 20.0, 2: 20.3})])


@given(
    st.dictionaries(st.text(min_size=1, max_size=3), st.lists(st.floats(0.1, 100), min_size=2, max_size=5), max_size=6),
    st.booleans(),
)
def test_every_stack_stands_in_one_group(values: dict[str, list[float]], more_is_better: bool) -> None:
    rounds = {name: dict(enumerate(found)) for name, found in values.items()}
    (groups,) = tie_groups([replace(LATENCIES, values=rounds, more_is_better=more_is_better)])

    assert sorted(values) == sorted(name for group in groups for name in group)


def test_two_stacks_with_less_than_two_rounds_in_common_are_not_told_apart() -> None:
    assert ((("a", "b"),),) == tie_groups([_among(a={1: 10.0, 2: 10.0}, b={2: 20.0, 3: 20.0})])


def test_numbers_that_do_not_scatter_are_told_apart_where_they_differ() -> None:
    same = {1: 10.0, 2: 10.0}

    assert ((("a", "b"), ("c",)),) == tie_groups([_among(a=same, b=same, c={1: 11.0, 2: 11.0})])


def test_a_pair_that_is_noisier_than_the_others_has_its_own_degrees_of_freedom() -> None:
    """The same pair among stacks as noisy as itself is told apart: they make its scatter certain."""
    pair = _among(a={1: 10.0, 2: 10.2, 3: 9.9}, b={1: 13.0, 2: 11.6, 3: 14.0})
    quiet = tuple({1: 10.0, 2: 10.0 * factor, 3: 10.0} for factor in (1.001, 0.999, 1.0, 1.001))
    noisy = tuple({1: 10.0, 2: 10.0 * factor, 3: 10.0 / factor} for factor in (1.08, 0.92, 1.0, 1.05))

    among_quiet, among_noisy = (tie_groups([replace(pair, extra=extra)])[0] for extra in (quiet, noisy))

    assert (1, 2) == (len(among_quiet), len(among_noisy))
