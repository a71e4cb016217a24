"""Caveats about an app of the user's own: is it served as it would be in production?"""

from stacklab.analysis.validity.evidence import Evidence
from stacklab.model.measured.caveat import Caveat, CaveatKind
from stacklab.model.measured.verdict import Validity
from stacklab.model.stack import Interface


def no_lifespan(evidence: Evidence) -> Caveat | None:
    """What an app sets up at its start (pools, caches) is missing where no server tells it that it starts."""
    stack = evidence.stack
    if stack.lifespan or stack.interface is not Interface.ASGI or not _is_own_app(evidence):
        return None
    return Caveat(kind=CaveatKind.NO_LIFESPAN, makes=Validity.VALID)


def _is_own_app(evidence: Evidence) -> bool:
    """Whether the contract was made from the app's own responses; the apps of the catalogue need no lifespan."""
    return any(endpoint.recorded is not None for endpoint in evidence.contract.endpoints.values())
