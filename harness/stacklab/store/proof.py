"""``gate-proof.json`` beside the sessions: the newest proof that a gate works on this machine."""

from pathlib import Path
from typing import Final

from stacklab.model.measured.proof import Proof
from stacklab.model.measured.record import Host
from stacklab.store import documents
from stacklab.store.documents import writing
from stacklab.version import __version__

PROOF: Final = "gate-proof.json"


def keep(proof: Proof, results: Path) -> Path:
    """Write it, by rename, in place of an older one; gives the path."""
    path = results / PROOF
    with writing(path):
        results.mkdir(parents=True, exist_ok=True)
        documents.write(path, proof, Proof, stacklab=__version__)
    return path


def proof_for(host: Host, results: Path) -> Proof | None:
    """The proof of this machine; None where there is none, or one of another machine. Raises ``UsageError``."""
    path = results / PROOF
    if not path.is_file():
        return None
    proof: Proof
    proof, _ = documents.read(path, Proof)
    return proof if _hardware(proof.host) == _hardware(host) else None


def _hardware(host: Host) -> tuple[str, str, int, str | None]:
    return host.machine, host.processor, host.cores, host.virtual
