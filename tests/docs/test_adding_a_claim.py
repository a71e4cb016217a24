"""The page on claims lists what there is to name."""

from collections.abc import Callable

from stacklab.analysis.claims.cell_rows import MEANINGS
from stacklab.model.measured.caveat import GROUPS


def test_the_metrics_of_a_cell_are_those_that_are_computed(generated: Callable[[str, str, str], None]) -> None:
    rows = [f"| `{name}` | {words} |" for name, words in MEANINGS.items()]

    generated("docs/adding-a-claim.md", "metrics of a cell", "\n".join(["| Metric | Means |", "| --- | --- |", *rows]))


def test_the_groups_of_caveats_are_those_that_a_claim_may_tolerate(generated: Callable[[str, str, str], None]) -> None:
    rows = [f"| `{name}` | {', '.join(f'`{kind}`' for kind in sorted(kinds))} |" for name, kinds in GROUPS.items()]

    generated("docs/adding-a-claim.md", "groups of caveats", "\n".join(["| Group | Kinds |", "| --- | --- |", *rows]))
