"""How a value of a profile is written: processor time per request, or samples."""

from stacklab.report.kit.numbers import number


def value(amount: float, unit: str) -> str:
    """``12.3 µs``, or ``12`` samples."""
    return f"{number(amount / 1000)} µs" if unit == "ns" else f"{number(round(amount))} samples"
