"""The ways to run an app: their names, what a session may say of them, and the variants that they are in a plan."""

from dataclasses import replace
from pathlib import Path

import pytest

from made import ASGI
from stacklab.catalog import requirements
from stacklab.catalog.ways import Way, ways, with_ways
from stacklab.errors import UsageError
from stacklab.model.own_app import OwnApp
from stacklab.model.plan import Plan, Variant
from stacklab.model.traffic.contract import Contract

APP = OwnApp(app="shop.main:app")
PLAN = Plan(
    preset="quick",
    rounds=1,
    seed=1,
    warmup_s=1.0,
    measure_s=1.0,
    command="",
    contract=Contract(endpoints={}),
    stacks=(),
    scenarios=(),
    cells=(),
)


def found(*apps: str, variables: dict[str, tuple[str, ...]] | None = None, wanted: str = "") -> tuple[Way, ...]:
    return ways(
        [replace(APP, app=app) for app in apps or ("shop.main:app",)],
        variables=variables or {},
        wanted=[requirements.parse(wanted, here=Path())] if wanted else [],
        pythons=[],
    )


def test_an_app_that_is_run_in_one_way_has_no_tag() -> None:
    assert (Way(own=APP),) == found()


@pytest.mark.parametrize(
    ("apps", "tags"),
    [
        (("a:app", "b:app"), [",app=a", ",app=b"]),
        (("a:one", "a:two"), [",app=one", ",app=two"]),
        (("a:one", "a:two", "b:one"), [",app=a-one", ",app=a-two", ",app=b-one"]),
        (("a:make('x')", "b:make('x')"), [",app=a", ",app=b"]),
        (("a:app", "a:app"), [",app=1", ",app=2"]),
    ],
)
def test_apps_are_told_apart_by_as_little_as_does(apps: tuple[str, ...], tags: list[str]) -> None:
    assert tags == [way.tag for way in found(*apps)]


@pytest.mark.parametrize(
    ("name", "values", "tags"),
    [
        ("POOL", ("1", "20"), [",POOL=1", ",POOL=20"]),
        ("API_KEY", ("a", "b"), [",API_KEY=value1", ",API_KEY=value2"]),
        ("URL", ("postgres://u:p@h/d", "x"), [",URL=value1", ",URL=value2"]),
    ],
)
def test_values_that_may_be_secrets_are_numbered(name: str, values: tuple[str, ...], tags: list[str]) -> None:
    several = found(variables={name: values})

    assert tags == [way.tag for way in several]
    assert list(values) == [way.own.env[name] for way in several]


def test_requirements_are_beside_the_app_as_it_is() -> None:
    plain, changed = found(wanted="flask==3.0 werkzeug==3.0")

    assert ("", ()) == (plain.tag, plain.requirements)
    assert ("+flask==3.0+werkzeug==3.0", ("flask==3.0", "werkzeug==3.0")) == (changed.tag, changed.requirements)


def test_two_ways_that_are_the_same_are_refused() -> None:
    with pytest.raises(UsageError, match="would be measured twice in the same way"):
        ways([APP], variables={}, wanted=[requirements.parse("flask==3.0", here=Path())] * 2, pythons=[])


def test_a_stack_is_a_variant_of_its_server_in_each_way() -> None:
    (one, other) = found(variables={"POOL": ("1", "2")})
    names = (f"server{one.tag}", f"server{other.tag}", f"server{one.tag},workers=2")
    stacks = tuple(replace(ASGI, name=name, way=way.tag) for name, way in zip(names, (one, other, one), strict=True))
    known = {names[2]: Variant(of=names[0], settings={"workers": "2"})}

    assert {
        names[0]: Variant(of="server", settings={"POOL": "1"}),
        names[1]: Variant(of="server", settings={"POOL": "2"}),
        names[2]: Variant(of="server", settings={"POOL": "1", "workers": "2"}),
    } == with_ways(replace(PLAN, stacks=stacks, variants=known), (one, other)).variants
