"""What an upgrade changes: requirements, a lock file, the interpreter, or the commit of the app."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from stacklab.cli.options.fields import declared
from stacklab.cli.options.redaction import as_given, requirement, without_folder
from stacklab.errors import UsageError

EXAMPLES: Final = "--to 'uvicorn==0.54', --from old.lock --to uv.lock, --to-python 3.14, or --git-ref main"


@dataclass(frozen=True, kw_only=True, slots=True)
class UpgradeOptions:
    """The two sides, as the options say."""

    to: tuple[str, ...] = declared(
        "--to",
        multiple=True,
        metavar="REQUIREMENT|LOCK",
        kept=requirement,
        help="Requirement to install instead of what the environment has, such as 'uvicorn==0.54'; repeatable. With "
        "--from, a lock file.",
    )
    before: str | None = declared(
        "--from",
        metavar="LOCK",
        kept=without_folder,
        help="Lock file to come from: uv.lock, poetry.lock, pylock.toml or pinned requirements.",
    )
    python: str | None = declared(
        "--python",
        metavar="PATH|VERSION",
        kept=without_folder,
        help="Interpreter of the app's environment (default: as for `run --app`).",
    )
    to_python: str | None = declared(
        "--to-python",
        metavar="PATH|VERSION",
        kept=without_folder,
        help="Interpreter to go to; a version gets an environment with the same packages.",
    )
    git_ref: str | None = declared(
        "--git-ref", metavar="REF", kept=as_given, help="Commit of the app to come from, checked out into a worktree."
    )
    to_git_ref: str | None = declared(
        "--to-git-ref", metavar="REF", kept=as_given, help="Commit to go to (default HEAD)."
    )

    @property
    def kind(self) -> str:
        """What changes. Raises UsageError where that is nothing, or more than one thing."""
        asked: Mapping[str, bool] = {
            "lock": self.before is not None,
            "requirements": bool(self.to) and self.before is None,
            "python": self.to_python is not None,
            "commit": self.git_ref is not None or self.to_git_ref is not None,
        }
        found = [kind for kind, is_asked in asked.items() if is_asked]
        if not found:
            raise UsageError(f"name what to upgrade: {EXAMPLES}")
        if len(found) > 1:
            raise UsageError(f"{' and '.join(found)} would change together; name one of them")
        if self.before is not None and len(self.to) != 1:
            raise UsageError("--from LOCK needs one --to LOCK")
        if self.to_git_ref is not None and self.git_ref is None:
            raise UsageError("--to-git-ref: name the commit to come from with --git-ref")
        return found[0]
