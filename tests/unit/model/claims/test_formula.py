"""Formulas of claims are arithmetic and nothing else."""

import pytest

from stacklab.model.claims.formula import evaluate, names_in


@pytest.mark.parametrize(
    ("formula", "value"),
    [("n * d / 1000", 2.0), ("min(2 / n, d) + max(1, -n)", 1.01), ("(n - d) ** 2", 36100), ("-n + 1", -199)],
)
def test_a_formula_is_worked_out(formula: str, value: float) -> None:
    assert value == evaluate(formula, {"n": 200, "d": 10})


@pytest.mark.parametrize(
    "formula", ["n +", "__import__('os')", "n.real", "n if d else 1", "'n'", "max()", "[n]", "m * 2", "1 / 0"]
)
def test_anything_else_is_refused(formula: str) -> None:
    with pytest.raises(ValueError, match=r"formula|arithmetic|there is no|division"):
        evaluate(formula, {"n": 1, "d": 1})


def test_its_names_are_known_without_values() -> None:
    assert {"n", "d"} == names_in("min(n, 1 / d)")
