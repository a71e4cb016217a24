"""Tie groups: intervals that touch share a rank."""

from hypothesis import given
from hypothesis import strategies as st

from stacklab.analysis.ties import tie_groups
from stacklab.model.verdict import Estimate


def _between(low: float, high: float) -> Estimate:
    return Estimate(value=(low + high) / 2, low=low, high=high, n=3)


def test_disjoint_intervals_are_told_apart() -> None:
    found = tie_groups({"a": _between(1, 2), "b": _between(3, 4)}, more_is_better=False)

    assert found == (("a",), ("b",))


def test_more_is_better_turns_the_order_round() -> None:
    found = tie_groups({"a": _between(1, 2), "b": _between(3, 4)}, more_is_better=True)

    assert found == (("b",), ("a",))


def test_overlapping_intervals_share_a_rank_with_the_better_value_first() -> None:
    found = tie_groups({"a": _between(2, 5), "b": _between(1, 3)}, more_is_better=False)

    assert found == (("b", "a"),)


def test_a_chain_of_overlaps_is_one_tie() -> None:
    found = tie_groups({"a": _between(1, 3), "b": _between(2, 5), "c": _between(4, 6)}, more_is_better=False)

    assert found == (("a", "b", "c"),)


def test_a_value_without_interval_is_not_ranked() -> None:
    alone = Estimate(value=1.0, low=None, high=None, n=1)

    assert tie_groups({"a": alone}, more_is_better=False) == ()


@given(
    st.dictionaries(st.text(min_size=1, max_size=3), st.tuples(st.floats(0, 100), st.floats(0, 10)), max_size=8),
    st.booleans(),
)
def test_overlapping_intervals_never_stand_in_different_groups(
    spans: dict[str, tuple[float, float]], more_is_better: bool
) -> None:
    estimates = {name: _between(low, low + width) for name, (low, width) in spans.items()}
    groups = tie_groups(estimates, more_is_better=more_is_better)
    place = {name: number for number, group in enumerate(groups) for name in group}

    assert all(
        place[one] == place[other] or a.high < b.low or b.high < a.low  # type: ignore[operator] # all have intervals
        for one, a in estimates.items()
        for other, b in estimates.items()
    )
