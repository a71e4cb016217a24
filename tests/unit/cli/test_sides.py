"""The packages of an upgrade: what differs, and what a mixture of both sides holds."""

from pathlib import Path

import pytest

from stacklab.catalog.ways import Way
from stacklab.cli.sides import Packages, Pins, _labels
from stacklab.model.own_app import OwnApp

BEFORE = {"a": "a==1", "b": "b==1", "gone": "gone==1"}
AFTER = {"a": "a==2", "b": "b==1", "new": "new==1"}


def packages() -> Packages:
    def mixed(pins: Pins) -> Way:
        return Way(own=OwnApp(app="shop:app"), requirements=tuple(pins.values()))

    return Packages(before=BEFORE, after=AFTER, mixed=mixed, python=Path("python"))


def test_what_differs_is_what_came_went_or_has_another_version() -> None:
    assert ("a", "gone", "new") == packages().changes


@pytest.mark.parametrize(
    ("some", "holds"),
    [
        (set(), ("a==1", "b==1", "gone==1")),
        ({"a"}, ("a==2", "b==1", "gone==1")),
        ({"gone"}, ("a==1", "b==1")),
        ({"a", "gone", "new"}, ("a==2", "b==1", "new==1")),
    ],
)
def test_a_mixture_has_what_changed_of_some_and_what_was_there_of_the_others(
    some: set[str], holds: tuple[str, ...]
) -> None:
    assert holds == packages().with_changes(frozenset(some)).requirements


@pytest.mark.parametrize(("name", "words"), [("a", "a 1 → 2"), ("gone", "gone 1 → none"), ("new", "new none → 1")])
def test_a_change_is_said_with_both_versions(name: str, words: str) -> None:
    assert words == packages().in_words(name)


@pytest.mark.parametrize(
    ("a", "b", "labels"),
    [
        ("main", "HEAD~1", ("main", "HEAD-1")),
        ("uv.lock", "uv.lock", ("uv.lock-before", "uv.lock-after")),
        ("feature/x", "~", ("feature-x", "it")),
    ],
)
def test_labels_are_names_and_never_the_same(a: str, b: str, labels: tuple[str, str]) -> None:
    assert labels == _labels(a, b)
