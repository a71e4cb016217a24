"""The order as Pydantic's models, and what is answered to it."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

import orders

Text = Annotated[str, Field(min_length=1)]


class Strict(BaseModel):
    """A number is no text that looks like one, and a bool is no number."""

    model_config = ConfigDict(strict=True)


class Customer(Strict):
    """Who orders."""

    name: Text
    email: Annotated[str, Field(pattern="@")]


class Item(Strict):
    """What is ordered, and how much of it."""

    sku: Text
    quantity: Annotated[int, Field(ge=1, le=orders.MAX_QUANTITY)]
    price_cents: Annotated[int, Field(ge=0, le=orders.MAX_PRICE_CENTS)]


class Order(Strict):
    """The body of the request."""

    customer: Customer
    items: Annotated[list[Item], Field(min_length=1)]


class Receipt(BaseModel):
    """The body of the answer."""

    customer: str
    items: int
    total_cents: int


def receipt(order: Order) -> Receipt:
    total_cents = sum(item.quantity * item.price_cents for item in order.items)
    return Receipt(customer=order.customer.name, items=len(order.items), total_cents=total_cents)
