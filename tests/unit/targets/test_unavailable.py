"""What is not among the stacks is named with its reason, in a form that a table can show."""

import re
import tomllib

import pytest

from stacklab.catalog.workspace import reference

TARGETS = reference() / "targets"
UNAVAILABLE = tomllib.loads((TARGETS / "unavailable.toml").read_text(encoding="utf-8"))["unavailable"]

each_entry = pytest.mark.parametrize("entry", UNAVAILABLE, ids=lambda entry: entry["name"])


@each_entry
def test_it_has_a_name_a_reason_and_a_date(entry: dict[str, str]) -> None:
    assert {"name": str, "reason": str, "since": str} == {key: type(value) for key, value in entry.items()}


@each_entry
def test_its_reason_is_one_line_without_a_full_stop(entry: dict[str, str]) -> None:
    assert re.fullmatch(r"\S.*[^.\s]", entry["reason"])


@each_entry
def test_its_date_is_a_year_and_a_month(entry: dict[str, str]) -> None:
    assert re.fullmatch(r"20\d\d-(0[1-9]|1[0-2])", entry["since"])


@each_entry
def test_it_is_not_among_the_stacks(entry: dict[str, str]) -> None:
    assert not (TARGETS / "stacks" / f"{entry['name']}.toml").exists()


def test_each_is_named_once() -> None:
    names = [entry["name"] for entry in UNAVAILABLE]

    assert sorted(set(names)) == sorted(names)
