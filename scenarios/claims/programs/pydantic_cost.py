"""What Pydantic takes to validate and to dump, whichever version is installed.

``config``: ``plain``, ``frozen`` or ``strict``. Rows: ``validate_s`` and ``dump_s``, processor time for one object,
``at`` ``shape``: ``flat`` has ten fields, ``nested`` a list of twenty of those.
"""

import statistics
import time
from collections.abc import Callable
from typing import Any

import pydantic
from pydantic import BaseModel

from rows import Asked, cannot_run_here, row

SAMPLES = 9
SAMPLE_S = 0.02
IS_V2 = pydantic.VERSION.startswith("2.")


def base(config: str) -> type[BaseModel]:
    """A base class with that configuration."""
    if config == "plain":
        return BaseModel
    if not IS_V2:
        cannot_run_here("Configurations are compared in Pydantic 2.")
    return type("Base", (BaseModel,), {"model_config": pydantic.ConfigDict(**{config: True}), "__module__": __name__})


def models(config: str) -> tuple[type[BaseModel], type[BaseModel]]:
    """The flat and the nested one."""

    class Flat(base(config)):  # type: ignore[misc]  # its base is made when it runs
        """Ten fields."""

        id: int
        name: str
        price: float
        count: int
        weight: float
        active: bool
        category: str
        text: str
        width: float
        tags: list[str]

    class Nested(base(config)):  # type: ignore[misc]
        """A page of them."""

        items: list[Flat]

    return Flat, Nested


FLAT: dict[str, Any] = {
    "id": 1,
    "name": "a name",
    "price": 1.25,
    "count": 3,
    "weight": 0.5,
    "active": True,
    "category": "tools",
    "text": "as long as a short sentence about a thing is",
    "width": 1.5,
    "tags": ["a", "b", "c"],
}


def cost_s(work: Callable[[], object]) -> float:
    """The median of some samples."""
    work()
    samples = []
    for _ in range(SAMPLES):
        times, began_s = 0, time.process_time()
        while time.process_time() - began_s < SAMPLE_S:
            for _ in range(10):
                work()
            times += 10
        samples.append((time.process_time() - began_s) / times)
    return statistics.median(samples)


def main() -> None:
    """Both shapes, both ways."""
    asked = Asked(config="plain")
    flat, nested = models(asked.config)
    for shape, model, content in (("flat", flat, FLAT), ("nested", nested, {"items": [FLAT] * 20})):
        made = model(**content)
        row("validate_s", cost_s(lambda model=model, content=content: model(**content)), shape=shape)
        dump = made.model_dump if IS_V2 else made.dict
        row("dump_s", cost_s(dump), shape=shape)


if __name__ == "__main__":
    main()
