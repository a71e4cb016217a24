"""Which text a program of a claim has: its own, and that of the modules beside it that it imports."""

import ast
import hashlib
from collections.abc import Iterable, Iterator
from pathlib import Path

from stacklab.errors import UsageError
from stacklab.model.claims.arm import ProgramArm
from stacklab.model.claims.claim import Claim


def digest_of(program: Path) -> str:
    """SHA-256 over these files, in the order of their names. Raises ``ValueError`` for one that is no Python."""
    texts = hashlib.sha256()
    for path in sorted(_with_imported(program)):
        texts.update(f"{path.name}\n".encode() + path.read_bytes())
    return texts.hexdigest()


def insist_unchanged(claims: Iterable[Claim], programs: Path) -> None:
    """Refuse to go on with a session whose programs have another text by now: its rounds would be of two things."""
    for claim in claims:
        for arm in claim.arms.values():
            if isinstance(arm, ProgramArm) and arm.digest not in {None, _digest_if_any(programs / arm.program)}:
                raise UsageError(
                    f"{programs / arm.program}: it, or a module that it imports, has changed since the session began; "
                    f"restore the earlier text, or start again with `stacklab reproduce {claim.name}`"
                )


def _digest_if_any(program: Path) -> str:
    try:
        return digest_of(program)
    except (OSError, ValueError):
        return ""


def _with_imported(program: Path) -> set[Path]:
    found, waiting = set[Path](), [program]
    while waiting:
        path = waiting.pop()
        if path not in found:
            found.add(path)
            beside = (path.parent / f"{name.partition('.')[0]}.py" for name in _imported(path))
            waiting += [other for other in beside if other.is_file()]
    return found


def _imported(path: Path) -> Iterator[str]:
    """What a file imports, anywhere in it."""
    try:
        tree = ast.parse(path.read_bytes())
    except SyntaxError as error:
        raise ValueError(f"{path}: line {error.lineno}: {error.msg}") from error
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
