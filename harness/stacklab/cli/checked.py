"""What came of asking one stack everything of the contract: as lines, as JSON, and as an exit code."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from stacklab.effects.wire.verify import Verification
from stacklab.errors import StageError, UsageError
from stacklab.model.record import ServerFacts
from stacklab.model.stack import Stack
from stacklab.report.kit.numbers import listed

UNREADY = UsageError.exit_code
BROKEN = 1


@dataclass(frozen=True, kw_only=True, slots=True)
class Checked:
    """One stack, asked; or why it could not be."""

    stack: Stack
    not_asked: Mapping[str, str]
    """Parts whose backend cannot be had, and why."""
    failed: StageError | None = None
    """It has no environment, or did not boot."""
    facts: ServerFacts | None = None
    answers: int = 0
    found: Verification = field(default_factory=Verification)
    miscounts: tuple[str, ...] = ()

    @property
    def is_right(self) -> bool:
        """Whether everything that was asked was answered as the contract and the stack's own file say."""
        return not (self.failed or self.found.mismatches or self.found.undone or self.miscounts)

    @property
    def exit_code(self) -> int:
        """0: it is right; 1: it is not; 2: it could not be asked, or not everything."""
        if self.failed:
            return UNREADY
        if not self.is_right:
            return BROKEN
        return UNREADY if self.not_asked else 0


def lines(checked: Checked) -> Iterator[str]:
    """What is printed of it."""
    name, found = checked.stack.name, checked.found
    for part, why in checked.not_asked.items():
        yield f"{name}: not asked for {part}: {why}"
    if checked.failed:
        yield f"{name}: {checked.failed.reason}"
        yield from (f"    {line}" for line in checked.failed.log_tail)
    for breach in (*found.mismatches, *checked.miscounts):
        yield f"{name}: {breach}"
    for undone in found.undone:
        yield f"{name}: `differs` says {undone}; it is answered as the contract says"
    if checked.is_right and checked.facts is not None:
        for difference in found.differences.values():
            yield f"{name}: differs, as it says: {difference}"
        for part, why in checked.stack.lacks.items():
            yield f"{name}: lacks {part}: {why}"
        served = f"{checked.facts.python}, {checked.facts.boot_s:.2f} s to its first answer"
        yield f"{name}: all {checked.answers} answers are right{_as_declared(found.differences)} ({served})"


def _as_declared(differences: Mapping[str, str]) -> str:
    if not differences:
        return ""
    return f", {len(differences)} of them as its file declares: {listed(tuple(differences))}"


def document(checked: Checked) -> dict[str, object]:
    """The same for programs."""
    failed, facts = checked.failed, checked.facts
    return {
        "stack": checked.stack.name,
        "right": checked.is_right,
        "answers": checked.answers,
        "as_declared": dict(checked.found.differences),
        "breaches": [*checked.found.mismatches, *checked.miscounts],
        "declared_in_vain": list(checked.found.undone),
        "lacks": dict(checked.stack.lacks),
        "not_asked": dict(checked.not_asked),
        "failed": None if failed is None else failed.reason,
        "python": None if facts is None else facts.python,
        "boot_s": None if facts is None else facts.boot_s,
    }
