"""Links within the repository lead somewhere, and no page names a machine or a package index."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
UNTRACKED = re.compile(r"(^|/)(\.(git|nox|venv|cache|hypothesis|\w+_cache)|__pycache__|dist|results/\d\w*-\w+)(/|$)")
TEXT = {".cfg", ".css", ".html", ".ini", ".js", ".json", ".md", ".py", ".toml", ".txt", ".yaml", ".yml", ""}
LINK = re.compile(r"!?\[[^\]\[]*(?:\[[^\]]*\])?[^\]]*\]\((?P<to>[^)\s]+)\)")
CODE = re.compile(r"^```.*?^```|`[^`\n]*`", re.DOTALL | re.MULTILINE)

MACHINE = re.compile(r"(?<![\w.~}$])/(?:home|Users|root|work)/(?!(?:me|somebody)\b)\w")
INDEX = re.compile(r"\b(?:pypi\.(?:org|python\.org)|files\.pythonhosted|(?:extra-)?index-url\b.*://|artifactory)")


def kept_files() -> Iterator[Path]:
    """Files that belong to the repository, by their place."""
    for path in sorted(ROOT.rglob("*")):
        inside = path.relative_to(ROOT).as_posix()
        generated_page = inside.startswith("reports/") and inside.count("/") == 1
        if path.is_file() and path.suffix in TEXT and not UNTRACKED.search(inside) and not generated_page:
            yield path


PAGES = [path for path in kept_files() if path.suffix == ".md" and "golden" not in path.parts]

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


def test_no_file_names_a_folder_of_a_machine_or_a_package_index() -> None:
    named = [
        f"{path.relative_to(ROOT)}: {found[0]}"
        for path in kept_files()
        for pattern in (MACHINE, INDEX)
        if path != Path(__file__) and (found := pattern.search(path.read_text("utf-8", errors="replace")))
    ]

    assert named == []
