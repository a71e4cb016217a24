"""From the rounds of a cell to its estimates: what is quoted, and what is not."""

import pytest

from made.cells import made_cell
from stacklab.analysis.metrics import BY_KEY, CPU, P99, THROUGHPUT
from stacklab.analysis.rounds.cell import Standing, in_order, measured
from stacklab.model.measured.caveat import Caveat, CaveatKind
from stacklab.model.measured.verdict import Validity


def test_a_number_is_the_mean_of_the_rounds_that_have_it() -> None:
    cell = made_cell("a", values={"cpu_us_per_request": [10.0, 12.0]}, rounds=3)

    found = cell.of(CPU)

    assert found is not None
    assert (11.0, 2) == (found.value, found.n)


def test_a_quantile_that_one_round_lacks_is_not_quoted() -> None:
    cell = made_cell("a", values={"p99": [10.0, 12.0]}, rounds=3)

    assert (None, {}) == (cell.of(P99), cell.by_round(P99))


def test_a_latency_among_losses_is_quoted_as_a_lower_bound() -> None:
    cell = made_cell("a", values={"p99": [10.0, 12.0]}, at_least=("p99",))

    assert (True, True) == (cell.of(P99) is not None, cell.at_least(P99))


@pytest.mark.parametrize("key", ["service_p99", "first_byte_p99", "gap_p99"])
def test_a_part_of_the_latency_among_losses_is_not_quoted(key: str) -> None:
    cell = made_cell("a", values={key: [10.0, 12.0]}, at_least=(key,))

    assert cell.of(BY_KEY[key]) is None


def test_the_best_stands_first_and_what_is_void_or_without_a_number_last() -> None:
    cells = [
        made_cell("void", values={"throughput_rps": [900.0]}, validity=Validity.VOID),
        made_cell("slow", values={"throughput_rps": [100.0]}),
        made_cell("silent", rounds=1),
        made_cell("fast", values={"throughput_rps": [200.0]}),
        made_cell("missing"),
    ]

    assert ["fast", "slow", "silent", "void", "missing"] == [cell.stack for cell in in_order(cells, THROUGHPUT)]
    assert Standing.MISSING is cells[-1].standing


def test_the_metrics_of_cells_are_those_that_any_of_them_has() -> None:
    cells = [made_cell("a", values={"p99": [1.0]}), made_cell("b", values={"throughput_rps": [1.0]})]

    assert (THROUGHPUT, P99) == measured(cells)


@pytest.mark.parametrize(
    ("kinds", "turns", "difference"),
    [
        ((CaveatKind.HOST_BUSY, CaveatKind.ROUNDS_DISAGREE, CaveatKind.SWEEPS_LOST), True, Validity.VALID),
        ((CaveatKind.HOST_BUSY,), False, Validity.SUSPECT),
        ((CaveatKind.HOST_BUSY, CaveatKind.WORKS_BETWEEN_TURNS), True, Validity.SUSPECT),
        ((CaveatKind.ERRORS,), True, Validity.SUSPECT),
    ],
)
def test_what_stacks_that_took_turns_met_alike_leaves_their_differences(
    kinds: tuple[CaveatKind, ...], *, turns: bool, difference: Validity
) -> None:
    cell = made_cell(
        "a",
        values={"cpu_us_per_request": [10.0, 12.0]},
        relative={"cpu_us_per_request": {1: 10.0, 2: 12.0}} if turns else {},
        validity=Validity.SUSPECT,
        caveats=tuple(Caveat(kind=kind, makes=Validity.SUSPECT) for kind in kinds),
    )

    assert (Standing.SUSPECT, difference) == (cell.standing, cell.difference_validity)
