"""The cells that were measured and do not count, as ``run`` names them at its end."""

from collections.abc import Iterator

from stacklab.analysis.results import SessionResult
from stacklab.model.measured.verdict import Validity
from stacklab.report.caveats import sentence


def void_cells(result: SessionResult) -> Iterator[str]:
    """A sentence for each void cell that has numbers: which it is, and why they do not count."""
    for cell in (*result.cells, *result.twins):
        if cell.rounds and cell.validity is Validity.VOID:
            reasons = " ".join(sentence(caveat) for caveat in cell.caveats if caveat.makes is Validity.VOID)
            yield f"{cell.stack} under {cell.scenario}: {reasons}"
