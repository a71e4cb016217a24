"""Links within the repository lead somewhere, and no page names a machine or a package index."""

import re
import subprocess  # noqa: TID251 (git knows which files are tracked)
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LINK = re.compile(r"!?\[[^\]\[]*(?:\[[^\]]*\])?[^\]]*\]\((?P<to>[^)\s]+)\)")
CODE = re.compile(r"^```.*?^```|`[^`\n]*`", re.DOTALL | re.MULTILINE)

NOT_TO_BE_NAMED = re.compile(
    r"""
    (?<![\w.~}$]) / (?:home|Users|root|work) / (?!(?:me|somebody)\b) \w    # a folder of a machine, but for nobody's
    | \b(?:pypi\.(?:org|python\.org)|files\.pythonhosted|artifactory)      # a package index
    | \bindex-url\b.*://
    """,
    re.VERBOSE,
)
BINARY = {".parquet", ".png"}

PAGES = [
    *sorted(ROOT.glob("*.md")),
    *sorted((ROOT / "docs").rglob("*.md")),
    *(page for folder in ("results", "reports") if (page := ROOT / folder / "README.md").is_file()),
]

each_page = pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())


def anchors(page: Path) -> set[str]:
    """The anchors that GitHub makes of the headings."""
    text = re.sub(r"^```.*?^```", "", page.read_text("utf-8"), flags=re.DOTALL | re.MULTILINE)
    return {
        re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-")
        for heading in re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    }


@each_page
def test_links_within_the_repository_lead_somewhere(page: Path) -> None:
    lost = []
    for link in LINK.finditer(CODE.sub("", page.read_text("utf-8"))):
        to, _, anchor = link["to"].partition("#")
        there = (page.parent / to).resolve() if to else page
        if "://" not in link["to"] and (not there.exists() or (anchor and anchor not in anchors(there))):
            lost.append(link["to"])

    assert lost == []


@pytest.mark.skipif(not (ROOT / ".git").exists(), reason="only a checkout knows which files are tracked")
def test_no_tracked_file_names_a_folder_of_a_machine_or_a_package_index() -> None:
    git = ("git", "-c", "safe.directory=*", "-C", str(ROOT), "ls-files", "-z")
    listed = subprocess.run(git, capture_output=True, check=True).stdout.decode()
    tracked = {ROOT / name for name in listed.split("\0") if name} - {Path(__file__)}
    named = [
        f"{path.relative_to(ROOT)}: {found[0]}"
        for path in sorted(tracked)
        if path.is_file() and path.suffix not in BINARY
        for found in [NOT_TO_BE_NAMED.search(path.read_text("utf-8", errors="replace"))]
        if found
    ]

    assert named == []
