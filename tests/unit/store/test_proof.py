"""The proof of a gate beside the sessions: of this machine, or of none."""

from dataclasses import replace
from pathlib import Path

from made import HOST
from stacklab.model.measured.proof import Proof, ProofTrial
from stacklab.store.proof import keep, proof_for

PROOF = Proof(
    started_at="2026-12-01T00:00:00Z",
    host=HOST,
    app="shop:app",
    conditions=("cpu_us_per_request > 1.02",),
    slowdown=0.1,
    trials=(ProofTrial(session="s", slowed="fails", again="holds", ratios=(1.1,), ratios_again=(1.0,)),),
)


def test_a_proof_is_read_as_it_was_kept(tmp_path: Path) -> None:
    keep(PROOF, tmp_path / "results")

    assert PROOF == proof_for(HOST, tmp_path / "results")


def test_a_proof_of_another_machine_proves_nothing_here(tmp_path: Path) -> None:
    keep(PROOF, tmp_path)

    assert None is proof_for(replace(HOST, cores=HOST.cores + 2), tmp_path)


def test_without_a_file_there_is_no_proof(tmp_path: Path) -> None:
    assert None is proof_for(HOST, tmp_path)
