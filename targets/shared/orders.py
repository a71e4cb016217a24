"""The order that the validated endpoint takes: its body, its limits, and what is answered to it."""

from __future__ import annotations

import json
from typing import Any

from work import BadParameterError, TooLargeError

MAX_BODY = 65_536
"""Bytes. A larger body is refused before it is parsed."""

MAX_QUANTITY = 1_000_000
MAX_PRICE_CENTS = 1_000_000_000
"""Limits that keep the total far from the digits at which ``json.dumps`` gives up."""


def parse_order(body: bytes) -> dict[str, str | int]:
    """Answer to the body of an order, for frameworks without a way of their own to validate."""
    if len(body) > MAX_BODY:
        raise TooLargeError(f"the body is larger than {MAX_BODY} bytes")
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):  # not UTF-8, not JSON, or nested a thousand times
        raise BadParameterError("the body is not JSON") from None
    return answer(document)


def answer(document: object) -> dict[str, str | int]:
    """Answer to an order that was JSON; one that is none is refused with the place of its first fault."""
    order = _mapping("order", document)
    customer = _mapping("customer", order.get("customer"))
    name = _text("customer.name", customer.get("name"))
    if "@" not in _text("customer.email", customer.get("email")):
        raise BadParameterError("customer.email: without @")
    items = order.get("items")
    if not isinstance(items, list) or not items:
        raise BadParameterError("items: not a list that holds something")
    return {"customer": name, "items": len(items), "total_cents": sum(map(_cents, items))}


def _cents(document: object) -> int:
    item = _mapping("item", document)
    _text("sku", item.get("sku"))
    quantity = _number("quantity", item.get("quantity"), least=1, most=MAX_QUANTITY)
    return quantity * _number("price_cents", item.get("price_cents"), least=0, most=MAX_PRICE_CENTS)


def _mapping(place: str, value: object) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise BadParameterError(f"{place}: not an object")
    return value


def _text(place: str, value: object) -> str:
    if not isinstance(value, str) or not value:
        raise BadParameterError(f"{place}: not a text that says something")
    return value


def _number(place: str, value: object, *, least: int, most: int) -> int:
    if type(value) is not int or not least <= value <= most:  # a bool is an int to isinstance
        raise BadParameterError(f"{place}: not a whole number between {least} and {most}")
    return value
