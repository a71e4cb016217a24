"""The page on pandas and its notebook run as they stand."""

import re
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

from stacklab.frames import columns

PAGE = "docs/reading-with-pandas.md"


def test_the_examples_run_one_after_the_other(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(root)
    blocks = re.findall(r"```python\n(.*?)```", (root / PAGE).read_text(encoding="utf-8"), re.DOTALL)

    exec(compile("\n".join(blocks), PAGE, "exec"), {})  # noqa: S102 (our own page)

    assert len(blocks) == 3


@pytest.mark.parametrize(
    ("name", "frame"),
    [
        ("cells", columns.CELLS),
        ("rounds", columns.ROUNDS),
        ("routes", columns.ROUTES),
        ("failures", columns.FAILURES),
        ("comparisons", columns.COMPARISONS),
        ("caveats", columns.CAVEATS),
        ("claims", columns.CLAIMS),
        ("requests", columns.REQUESTS),
        ("usage", columns.USAGE),
    ],
)
def test_the_table_names_every_column(root: Path, name: str, frame: dict[str, object]) -> None:
    (line,) = re.findall(rf"^\| `{name}[`(].*$", (root / PAGE).read_text(encoding="utf-8"), re.MULTILINE)

    assert [] == [column for column in frame if f"`{column}`" not in line]


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::ResourceWarning", "ignore::RuntimeWarning")
def test_the_notebook_runs(root: Path) -> None:
    path = root / "docs" / "notebooks" / "reading-a-session.ipynb"
    notebook = nbformat.read(path, as_version=4)  # type: ignore[no-untyped-call] # it has no types

    NotebookClient(
        notebook, timeout=120, kernel_name="python3", resources={"metadata": {"path": path.parent}}
    ).execute()

    drawn = [
        output for cell in notebook.cells for output in cell.get("outputs", []) if "image/png" in output.get("data", {})
    ]
    assert len(drawn) == 1
