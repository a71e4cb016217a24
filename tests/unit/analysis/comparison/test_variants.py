"""What differs between the variants of a stack: what was varied, then what came along, and nothing that is alike."""

from dataclasses import replace

from made import ASGI
from stacklab.analysis.comparison.changes import stack_changes
from stacklab.analysis.comparison.variants import VariantDifference, variants
from stacklab.analysis.results import StackResult
from stacklab.model.measured.record import Gil
from stacklab.model.plan import Variant

BASE = StackResult(
    stack=replace(
        ASGI,
        name="s",
        argv=("{python}", "--workers", "{workers}", "--http", "{parser}"),
        settings={"parser": ("httptools", "h11")},
        requirements=("uvicorn==0.54.0",),
    ),
    python="CPython 3.12.1",
    packages={},
    all_packages={"uvicorn": "0.54.0", "h11": "0.16.0", "click": "8.3.0"},
    boot_s=None,
    gil=Gil(on=True),
)
OLDER = replace(
    BASE,
    stack=replace(BASE.stack, name="s+uvicorn==0.30.6"),
    all_packages={"uvicorn": "0.30.6", "h11": "0.14.0", "click": "8.3.0"},
    variant=Variant(of="s", requirements={"uvicorn": "uvicorn==0.30.6"}),
)


def test_what_was_varied_comes_before_what_came_along() -> None:
    (kin,) = variants([BASE, OLDER])

    assert ("as it is", "+uvicorn==0.30.6") == kin.heads
    assert (
        VariantDifference(what="uvicorn", asked=True, values=("0.54.0", "0.30.6")),
        VariantDifference(what="h11", asked=False, values=("0.16.0", "0.14.0")),
    ) == kin.differences


def test_a_package_that_one_of_them_lacks_is_none_there() -> None:
    (kin,) = variants([replace(BASE, all_packages={"uvicorn": "0.54.0"}), OLDER])

    assert ("none", "8.3.0") == next(one.values for one in kin.differences if one.what == "click")


def test_settings_and_interpreters_are_told_as_well() -> None:
    four = replace(
        BASE,
        stack=replace(BASE.stack, name="s,workers=4@3.13t", workers=4),
        python="CPython 3.13.5t",
        gil=Gil(on=True, turned_on_by="greenlet._greenlet"),
        variant=Variant(of="s", settings={"workers": "4"}, python="3.13t"),
    )

    (kin,) = variants([BASE, four])

    assert [("Python", True), ("workers", True), ("GIL", False)] == [(one.what, one.asked) for one in kin.differences]
    assert ("on", "on, because of greenlet._greenlet") == kin.differences[-1].values


def test_a_variant_that_never_ran_has_no_versions() -> None:
    never = replace(OLDER, python=None, all_packages={}, gil=None)

    (kin,) = variants([BASE, never])

    assert (VariantDifference(what="uvicorn", asked=True, values=("0.54.0", "unavailable")),) == kin.differences


def test_stacks_that_are_no_variants_of_each_other_are_not_compared() -> None:
    assert [] == list(variants([BASE, replace(BASE, stack=replace(BASE.stack, name="other"))]))


def test_a_comparison_tells_settings_one_by_one() -> None:
    h11 = replace(BASE, stack=replace(BASE.stack, name="s,parser=h11", settings={"parser": ("h11",)}))

    assert [("stack: setting parser", "httptools", "h11")] == [
        (change.what, change.a, change.b) for change in stack_changes(BASE, h11)
    ]
