"""What is known of the response to a call before it is sent: what the load generator can hold responses to."""

from dataclasses import dataclass

from stacklab.model.fingerprint import Fingerprint
from stacklab.model.traffic.contract import Endpoint
from stacklab.model.traffic.scenario import CallSpec


@dataclass(frozen=True, kw_only=True, slots=True)
class Expectation:
    """The body that counts as correct; the status is always known."""

    body: str | None = None
    """The exact one."""
    pattern: str | None = None
    """A regular expression that it matches as a whole, where the exact one is not known."""
    recorded: Fingerprint | None = None
    """What the app itself answered when it was asked for its contract."""
    any_body: bool = False
    """The user has said that it may be anything."""

    @property
    def knows_nothing(self) -> bool:
        """Whether nobody has said which body is correct, nor that any is."""
        return self.body is None and self.pattern is None and self.recorded is None and not self.any_body


def expected(call: CallSpec, endpoint: Endpoint) -> Expectation:
    """What the contract says of the response to a call. A request that is not the contract's has a body of its own."""
    if endpoint.messages:
        return Expectation(body=call.body or endpoint.messages[0])
    if endpoint.recorded is not None:
        return Expectation(recorded=endpoint.recorded.body, any_body=endpoint.recorded.body is None)
    is_known = not call.vary and not (call.body and endpoint.body)
    body = endpoint.answers.get(call.query) if is_known else None
    as_agreed = as_the_contract_asks(call, endpoint) and call.status in {None, endpoint.status}
    return Expectation(body=body, pattern=endpoint.pattern if body is None and as_agreed else None)


def as_the_contract_asks(call: CallSpec, endpoint: Endpoint) -> bool:
    """Whether the contract says what is sent, but for the query."""
    return not call.body and call.method in {None, endpoint.method}
