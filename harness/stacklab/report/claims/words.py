"""Claims, their rules and findings in the words that the terminal, Markdown and the page share."""

import math
from collections.abc import Callable, Iterator, Mapping
from typing import Final

from stacklab.model.claims.arm import Arm, Level, Levels, ProgramArm
from stacklab.model.claims.decision import (
    ArithmeticSequence,
    Contrast,
    Crossover,
    Exact,
    Law,
    Ordering,
    Simple,
    Trend,
    Within,
)
from stacklab.model.claims.finding import (
    AblationFound,
    ArmCaveat,
    ClaimVerdict,
    Finding,
    GridPoint,
    OriginalFound,
    Reading,
)
from stacklab.model.measured.verdict import Estimate
from stacklab.report.caveats import sentence
from stacklab.report.kit.numbers import NO_NUMBER, interval, listed, number, percent, plain
from stacklab.units import BYTES_PER_MIB

MEANINGS: Final[Mapping[ClaimVerdict, str]] = {
    ClaimVerdict.REPRODUCED: "the whole interval lies where the claim says",
    ClaimVerdict.NOT_REPRODUCED: "the whole interval lies where there is no effect worth claiming",
    ClaimVerdict.REVERSED: "the whole interval lies beyond equality, on the opposite side",
    ClaimVerdict.WEAKER: "the whole interval lies on the side of the claim, short of the claimed size",
    ClaimVerdict.EQUIVALENT: "the whole interval lies in the band that counts as no difference",
    ClaimVerdict.INCONCLUSIVE: "the interval allows several of these; more rounds or a quieter machine may decide",
    ClaimVerdict.NOT_TESTABLE: "this machine lacks something that an arm requires",
}

STYLES: Final[Mapping[ClaimVerdict, str]] = {
    ClaimVerdict.REPRODUCED: "green",
    ClaimVerdict.NOT_REPRODUCED: "red",
    ClaimVerdict.REVERSED: "red",
    ClaimVerdict.WEAKER: "red",
    ClaimVerdict.EQUIVALENT: "cyan",
    ClaimVerdict.INCONCLUSIVE: "yellow",
    ClaimVerdict.NOT_TESTABLE: "dim",
}
"""How a terminal shows them."""

_ONE_A_ROUND: Final = frozenset({"contrast", "within"})
"""Kinds of decisions whose number is made of one from each round."""


def found_in_words(reading: Reading) -> str:
    """The result with its interval, in the form that follows its subject."""
    if reading.kind == "order":
        return listed([f"{place.at['arm']} {with_unit(place.found, reading.unit)}" for place in reading.places])
    if reading.found is None:
        return NO_NUMBER
    if reading.kind in {"exact", "crossover"} and reading.unit.startswith("of the"):
        hits = round(reading.found.value * reading.found.n)
        return f"in {hits} of {reading.found.n} {reading.unit.removeprefix('of the ')}"
    if reading.kind == "law" and reading.found.low == reading.found.value:
        return f"{percent(reading.found.value)} of {reading.found.n} grid points"
    return with_unit(reading.found, reading.unit)


def reason(reading: Reading) -> str:
    """The reason for the verdict; empty if it needs none."""
    if reading.withdrawn is None:
        return reading.why
    verdict = reading.withdrawn.verdict
    would = "" if verdict is ClaimVerdict.INCONCLUSIVE else f"The verdict would be {verdict}, but "
    caveats = reading.withdrawn.caveats.items()
    return would + " ".join(f"{arm} cannot support that: {_where(found)}" for arm, found in caveats)


def reason_of(finding: Finding) -> str:
    """The reason for the verdict on the whole claim."""
    return finding.why or ("" if finding.alone is None else reason(finding.alone))


def doubt_in_words(finding: Finding, arm: str) -> str:
    """The reason why the arm cannot support a verdict; empty if it can."""
    found = finding.caveats.get(arm)
    return finding.doubts.get(arm, "") if found is None else _where(found)


def could_see(reading: Reading) -> str:
    """The smallest effect that an inconclusive reading could have detected."""
    if reading.verdict is not ClaimVerdict.INCONCLUSIVE or not reading.sees:
        return ""
    if reading.kind == "contrast":
        further = "more" if reading.sees > 1 else "less"
        return f"Four in five such sessions would have detected a ratio of {number(reading.sees)} or {further}."
    margin = f"{number(reading.sees)} {reading.unit}".strip()
    return f"Four in five such sessions would have decided on a value that lies {margin} from a bound."


def rests_on(reading: Reading, rounds: int) -> str:
    """The number of rounds behind a number that some rounds lack; empty if all have it."""
    if reading.kind not in _ONE_A_ROUND or reading.found is None or reading.found.n >= rounds:
        return ""
    return f"Only {reading.found.n} of the {rounds} rounds have this number."


def remarks(reading: Reading, rounds: int) -> Iterator[str]:
    """Remarks on a reading beside its number. ``rounds`` are those of the finding."""
    if reason(reading):
        yield reason(reading)
    if rests_on(reading, rounds):
        yield rests_on(reading, rounds)
    if could_see(reading):
        yield could_see(reading)
    if reading.floor is not None:
        yield f"Two identical arms differ here by up to {percent(reading.floor)}."


def with_unit(estimate: Estimate | None, unit: str) -> str:
    """``1.53 s (1.5 to 1.56)``; bytes in the size that reads best."""
    if estimate is None:
        return NO_NUMBER
    if unit == "bytes":
        return _with_unit(*_scaled(estimate))
    return _with_unit(estimate, unit)


def original_in_words(original: OriginalFound) -> tuple[str, str]:
    """The number of the source with all its digits, or what was made of several; and ours."""
    value = number(original.value) if original.made else f"{original.value:.12g}"
    return f"{value} {original.unit}".strip(), with_unit(original.ours, original.unit)


def ablation_in_words(ablation: AblationFound) -> str:
    """The share of the effect that is gone, and what follows from it."""
    if ablation.gone is None:
        return "It could not be measured."
    gone = f"{percent(ablation.gone.value)} of the effect is gone"
    between = ablation.gone.low is not None and ablation.gone.high is not None
    bounds = f" ({percent(ablation.gone.low)} to {percent(ablation.gone.high)})" if between else ""
    word = {True: "so it comes from this", False: "so it does not come from this alone", None: "which is inconclusive"}
    return f"{gone}{bounds}, {word[ablation.supported]}."


def flip_in_words(reading: Reading) -> str:
    """The levels at which the claim stops holding."""
    if not reading.places:
        return f"{reading.what}: nowhere in the grid."
    where = [
        f"{level_in_words(place.at)}{': ' if place.at else ''}{with_unit(place.found, '')}{_predicted(place)}"
        for place in reading.places
    ]
    return f"{reading.what}: {'; '.join(where)}."


def level_in_words(at: Levels) -> str:
    """``n 200, d_ms 10``."""
    return ", ".join(f"{name} {_level(value)}" for name, value in at.items())


def arm_in_words(arm: Arm) -> str:
    """The program or cell of an arm, with its changes."""
    if isinstance(arm, ProgramArm):
        params = [f"{name}={_values(value)}" for name, value in arm.params.items()]
        return " ".join([arm.program, *params])
    changed: dict[str, Level | tuple[Level, ...] | None] = {
        "workers": arm.workers,
        "threads": arm.threads,
        "loop": arm.loop,
        "connections": arm.connections,
        "rate": arm.rate,
        "keep-alive": None if arm.keep_alive is None else ("on" if arm.keep_alive else "off"),
        **arm.query,
        **arm.levels,
    }
    words = [f"{name} {_values(value)}" for name, value in changed.items() if value is not None]
    words += [" ".join(arm.options)] if arm.options else []
    words += [f"{name}={value}" for name, value in arm.env.items()]
    return f"{arm.stack} under {arm.scenario}" + (f" ({', '.join(words)})" if words else "")


def headline(finding: Finding) -> str:
    """The verdict, and why where it needs a reason."""
    why = reason_of(finding)
    return f"{finding.verdict}: {why}" if why else str(finding.verdict)


def duration(seconds: float) -> str:
    """``40 s`` or ``12 min``."""
    return f"{max(1, round(seconds))} s" if seconds < 90 else f"{round(seconds / 60)} min"


def _where(found: ArmCaveat) -> str:
    at = "".join(f"at {name} {level}: " for name, level in found.at.items())
    return f"{'' if found.round is None else f'in round {found.round}: '}{at}{sentence(found.caveat)}"


def _predicted(place: GridPoint) -> str:
    return "" if place.expected is None else f", predicted {number(place.expected)}"


def _with_unit(estimate: Estimate, unit: str) -> str:
    value = f"{number(estimate.value)} {unit}".strip()
    between = interval(estimate)
    return f"{value} ({between})" if between else value


def _scaled(estimate: Estimate) -> tuple[Estimate, str]:
    size, unit = next(
        ((size, unit) for size, unit in ((BYTES_PER_MIB, "MiB"), (1024, "KiB")) if abs(estimate.value) >= size),
        (1, "bytes"),
    )
    low, high = (None if end is None else end / size for end in (estimate.low, estimate.high))
    return Estimate(value=estimate.value / size, low=low, high=high, n=estimate.n), unit


def _values(value: Level | tuple[Level, ...]) -> str:
    return ", ".join(map(_level, value)) if isinstance(value, tuple) else _level(value)


def _level(value: Level) -> str:
    return value if isinstance(value, str) else plain(value)


def rule_in_words(decision: Simple) -> str:
    """The rule, as fixed in advance."""
    match decision:
        case Contrast():
            words = _of_contrast(decision)
        case Within():
            words = f"{_bounds(decision.at_least, decision.at_most)} {decision.unit}".strip()
        case Law(slope=(low, high)):
            words = f"a slope of {plain(low)} to {plain(high)}"
        case Law():
            words = f"within {percent(decision.within)} of the formula at {percent(decision.share)} of the grid points"
        case Exact():
            words = f"{_of_values(decision)} in every round"
        case Ordering():
            words = f"{' > '.join(decision.largest_first)}, with intervals that do not overlap"
        case Crossover():
            words = f"the ratio {'rises' if decision.rises else 'falls'} through 1 along {decision.along}"
            if decision.predicted is not None:
                words += f", within a factor of {plain(decision.factor)} of {decision.predicted}"
        case Trend():
            direction = "rises" if decision.rises else "falls"
            words = f"{decision.metric} {direction} along {decision.along}: rank correlation at least "
            words += plain(decision.at_least)
    return words


def _of_contrast(contrast: Contrast) -> str:
    low, high = map(plain, contrast.band)
    claimed = f"a ratio of {_bounds(contrast.at_least, contrast.at_most)}"
    if (contrast.at_least or 0.0) <= 1 <= (contrast.at_most or math.inf):
        return claimed
    negligible = f"; negligible: {plain(contrast.negligible)}" if contrast.negligible else ""
    return f"{claimed}{negligible}; no difference: {low} to {high}"


def _of_values(exact: Exact) -> str:
    if isinstance(exact.expect, ArithmeticSequence):
        told = exact.expect
        return f"exactly {told.count} values, from {plain(told.first)} in steps of {plain(told.step)},"
    return f"exactly {', '.join(map(plain, exact.expect))}"


def _bounds(low: float | None, high: float | None) -> str:
    if low is None:
        return f"at most {plain(high or 0.0)}"
    return f"at least {plain(low)}" if high is None else f"{plain(low)} to {plain(high)}"


FILTERS: Final[Mapping[str, Callable[..., object]]] = {
    "ablation": ablation_in_words,
    "flip": flip_in_words,
    "found": found_in_words,
    "original": original_in_words,
    "reason": reason_of,
    "remarks": remarks,
    "rule": rule_in_words,
}
"""Filters for the templates of claims."""
