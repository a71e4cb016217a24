"""Which orders are taken, and that nothing else makes an app fail."""

import copy
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import orders
import work

ORDER: dict[str, Any] = {
    "customer": {"name": "Ada", "email": "ada@example.org"},
    "items": [{"sku": "A-1", "quantity": 2, "price_cents": 350}, {"sku": "B-2", "quantity": 1, "price_cents": 999}],
}
FAULTS: list[tuple[str, object]] = [
    ("customer", None),
    ("customer", "Ada"),
    ("customer.name", None),
    ("customer.name", ""),
    ("customer.name", 7),
    ("customer.email", None),
    ("customer.email", "ada"),
    ("items", None),
    ("items", []),
    ("items", {"0": 1}),
    ("items.0", "A-1"),
    ("items.0.sku", ""),
    ("items.0.sku", 1),
    ("items.0.quantity", 0),
    ("items.0.quantity", True),
    ("items.0.quantity", "2"),
    ("items.0.quantity", 2.0),
    ("items.0.quantity", 10**4000),
    ("items.0.price_cents", -1),
    ("items.0.price_cents", False),
    ("items.0.price_cents", None),
]
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from(["customer", "items", "name", "sku"]), inner),
)


def with_fault(place: str, value: object) -> dict[str, Any]:
    """The order, with another value at a place; None takes the key away."""
    order = copy.deepcopy(ORDER)
    *outer, last = [int(part) if part.isdecimal() else part for part in place.split(".")]
    inner: Any = order
    for part in outer:
        inner = inner[part]
    if value is None:
        del inner[last]
    else:
        inner[last] = value
    return order


def test_an_order_is_answered_with_its_customer_its_items_and_their_total() -> None:
    expected = {"customer": "Ada", "items": 2, "total_cents": 1699}

    assert expected == orders.parse_order(json.dumps(ORDER).encode())


@pytest.mark.parametrize(("place", "value"), FAULTS)
def test_an_order_with_a_fault_is_refused(place: str, value: object) -> None:
    with pytest.raises(work.BadParameterError):
        orders.answer(with_fault(place, value))


@pytest.mark.parametrize("body", [b"", b"{", b"\xff", b'{"customer"', b"[" * 60_000, json.dumps(ORDER).encode()[:-1]])
def test_a_body_that_is_not_json_is_refused(body: bytes) -> None:
    with pytest.raises(work.BadParameterError, match="the body is not JSON"):
        orders.parse_order(body)


def test_a_body_beyond_its_limit_is_refused_for_its_size() -> None:
    with pytest.raises(work.TooLargeError):
        orders.parse_order(json.dumps(ORDER).encode().ljust(orders.MAX_BODY + 1))


def test_a_body_at_its_limit_is_taken() -> None:
    assert orders.parse_order(json.dumps(ORDER).encode().ljust(orders.MAX_BODY))


def test_the_largest_total_can_be_written_as_json() -> None:
    item = {"sku": "A", "quantity": orders.MAX_QUANTITY, "price_cents": orders.MAX_PRICE_CENTS}

    assert work.compact_json(orders.answer({**ORDER, "items": [item] * 1000}))


@given(document=JSON)
def test_whatever_comes_is_taken_or_refused(document: object) -> None:
    try:
        taken: object = orders.answer(document)
    except work.BadParameterError:
        taken = None

    assert taken is None
