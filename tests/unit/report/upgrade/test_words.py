"""A bisection in words: steps, the result, and what is not excluded."""

import pytest

from stacklab.analysis.bisection import Bisection, BisectionStep, ChangeEffect
from stacklab.report.upgrade import words


def effect(mean: float, half: float = 0.002) -> ChangeEffect:
    return ChangeEffect(mean=mean, low=mean - half, high=mean + half)


def lines(found: Bisection, *, of: int = 12) -> list[str]:
    return list(words.bisected(found, lambda name: f"{name} 1.0 → 2.0", of=of))


def test_a_step_names_its_changes_and_says_how_certain_it_is() -> None:
    clear = BisectionStep(changes=("a", "b"), effect=effect(0.05), makes_it=True, is_certain=True)
    unclear = BisectionStep(changes=("a",), effect=effect(0.02), makes_it=False, is_certain=False)

    assert "  step 3: a and b: 1.051 times (1.049 to 1.053); made by them" == words.step(clear, 3)
    assert "not made by them, as far as it can be told" in words.step(unclear, 4)


@pytest.mark.parametrize(("number", "says"), [(6, "a, b, c, d, e and f"), (7, "7 packages")])
def test_many_changes_are_counted(number: int, says: str) -> None:
    assert says in words.step(
        BisectionStep(changes=tuple("abcdefg"[:number]), effect=None, makes_it=False, is_certain=True), 1
    )


def test_a_confirmed_culprit_is_found_and_an_interaction_is_bounded() -> None:
    found = Bisection(whole=effect(0.05), culprits=("a",), alone=effect(0.05), others=effect(0.0))

    assert [
        "Found: a 1.0 → 2.0, of 12 packages: alone 1.051 times (1.049 to 1.053).",
        "The other packages without it: 1.000 times (0.998 to 1.002).",
        "An interaction with the other packages of up to 0.3% is not excluded.",
    ] == lines(found)


def test_an_interaction_that_is_certain_is_said() -> None:
    found = Bisection(whole=effect(0.08), culprits=("a",), alone=effect(0.05), others=effect(0.0))

    assert "What is left, 1.030 times" in lines(found)[2]


def test_culprits_that_do_not_make_it_alone_are_not_confirmed() -> None:
    found = Bisection(whole=effect(0.05), culprits=("a",), alone=effect(0.01), others=None)

    assert ("Not confirmed: a 1.0 → 2.0 alone is 1.010 times", True) == (
        lines(found)[0].split(" (")[0],
        "is not excluded" in lines(found)[1],
    )


def test_what_differs_is_counted_and_listed() -> None:
    assert ["1 package differs:", "  a 1 → 2"] == list(words.differs(["a"], lambda name: f"{name} 1 → 2"))


def test_json_has_ratios() -> None:
    found = Bisection(whole=effect(0.05), culprits=("a",), alone=effect(0.05), others=None)

    document = words.as_json(found, ("1.1", "1.2"))

    assert (["a"], True, None, "1.2") == (
        document["culprits"],
        document["confirmed"],
        document["others"],
        document["first_version_with"],
    )
    assert 1.0513 == pytest.approx(document["alone"]["ratio"], abs=1e-4)
