"""What an upgrade changes: one thing, and a sentence where it is none or two."""

from typing import Any

import pytest

from stacklab.cli.options.upgrade import UpgradeOptions
from stacklab.errors import UsageError


@pytest.mark.parametrize(
    ("given", "kind"),
    [
        ({"to": ("uvicorn==0.54",)}, "requirements"),
        ({"to": ("new.lock",), "before": "old.lock"}, "lock"),
        ({"python": "3.12", "to_python": "3.14"}, "python"),
        ({"git_ref": "main"}, "commit"),
        ({"git_ref": "main", "to_git_ref": "HEAD"}, "commit"),
    ],
)
def test_one_thing_changes(given: dict[str, Any], kind: str) -> None:
    assert kind == UpgradeOptions(**given).kind


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({}, "name what to upgrade: --to 'uvicorn==0.54'"),
        ({"python": "3.12"}, "name what to upgrade"),
        ({"to": ("a==1",), "git_ref": "main"}, "requirements and commit would change together"),
        ({"before": "old.lock"}, "--from LOCK needs one --to LOCK"),
        ({"before": "old.lock", "to": ("a.lock", "b.lock")}, "--from LOCK needs one --to LOCK"),
        ({"to_git_ref": "HEAD"}, "--to-git-ref: name the commit to come from"),
    ],
)
def test_nothing_or_two_things_are_wrong_use(given: dict[str, Any], says: str) -> None:
    with pytest.raises(UsageError) as raised:
        _ = UpgradeOptions(**given).kind

    assert says in str(raised.value)
