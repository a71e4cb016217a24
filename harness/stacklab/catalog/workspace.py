"""Where things lie: the workspace one stands in, or else the reference workspace that comes with stacklab.

A workspace is a folder with ``targets/stacks``. The repository is one, ``stacklab init`` makes one, and the wheel
carries the reference workspace inside the package.
"""

from dataclasses import dataclass
from pathlib import Path

PACKAGE = Path(__file__).resolve().parent.parent
BUNDLED = PACKAGE / "_workspace"
CHECKOUT = PACKAGE.parent.parent


@dataclass(frozen=True, kw_only=True, slots=True)
class Workspace:
    """The folders that hold programs and data, and the one that results go to."""

    targets: Path
    scenarios: Path
    results: Path
    label: str | None = None
    """What a new session is called, beside its start."""

    @property
    def stacks(self) -> Path:
        """One TOML a stack."""
        return self.targets / "stacks"

    @property
    def contract(self) -> Path:
        """The endpoints that every app answers identically."""
        return self.targets / "contract.toml"

    @property
    def absent(self) -> Path:
        """What one may look for among the stacks and not find; a workspace need not have it."""
        return self.targets / "unavailable.toml"

    @property
    def server_options(self) -> Path:
        """Which versions of servers know which options: facts about servers, so never a copy's."""
        return reference() / "targets" / "options.toml"

    @property
    def host(self) -> Path:
        """What runs where an app of the user's own does; it belongs to the harness, so it is never a copy's."""
        return reference() / "targets" / "host"

    @property
    def templates(self) -> Path:
        """The templates of the page, those that come with stacklab."""
        return reference() / "reports" / "templates"

    @property
    def users(self) -> Path:
        """The locust users that send the traffic."""
        return self.scenarios / "users"

    @property
    def claims(self) -> Path:
        """One TOML a claim; a workspace need not have any."""
        return self.scenarios / "claims"

    @property
    def programs(self) -> Path:
        """The experiments that need no server."""
        return self.claims / "programs"

    @property
    def originals(self) -> Path:
        """The numbers of the sources, as tables."""
        return self.claims / "originals"

    @property
    def apps(self) -> Path:
        """One folder a framework."""
        return self.targets / "apps"

    def python_path(self, app_folder: str) -> tuple[Path, ...]:
        """Where a server finds its app, the modules that apps share, and its launcher, but no other framework's app.

        Workspaces made before there was ``targets/shared`` have the shared modules in ``targets``, and still run.
        """
        return (self.apps / app_folder, self.targets / "shared", self.targets)


def reference() -> Path:
    """Root of the workspace that comes with stacklab: inside the wheel, or the checkout of an editable install."""
    return BUNDLED if (BUNDLED / "targets").is_dir() else CHECKOUT


def find(start: Path, *, results: Path | None = None) -> Workspace:
    """The workspace at ``start`` or in the nearest folder above it; the reference workspace where there is none."""
    own = next((folder for folder in (start, *start.parents) if (folder / "targets" / "stacks").is_dir()), None)
    root = own or reference()
    return Workspace(
        targets=root / "targets",
        scenarios=root / "scenarios",
        results=results or (own or start) / "results",
    )
