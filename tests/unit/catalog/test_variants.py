"""Stacks times what is to be varied: every combination once, under a name of its own."""

from collections.abc import Callable
from pathlib import Path

import pytest

from stacklab.catalog.requirements import parse
from stacklab.catalog.variants import Axes, Expanded, expand
from stacklab.errors import UsageError
from stacklab.model.plan import TWIN_SUFFIX, Variant
from stacklab.model.stack import Family, Interface, Stack, Waits


def stack(name: str, **changes: object) -> Stack:
    known: dict[str, object] = {
        "name": name,
        "summary": "",
        "family": Family.EVENT_LOOP,
        "interface": Interface.ASGI,
        "waits": Waits.COOPERATIVE,
        "app": "a:b",
        "argv": ("{python}", "{port}", "--workers", "{workers}", "--loop", "{loop}", "--http", "{parser}", "{log}"),
        "loop": "uvloop",
        "settings": {"parser": ("httptools", "h11"), "log": {"off": "", "on": "--log -"}},
        "requirements": ("server[fast]==2.0", "uvloop==1"),
        "app_requirements": ("framework==3",),
    }
    return Stack(**(known | changes))  # type: ignore[arg-type]


EVENT_LOOP = stack("e")
THREADS = stack("t", argv=("{python}", "{port}", "{threads}"), loop=None, settings={}, requirements=("pool==1",))


def axes(*requirements: str, pythons: tuple[str, ...] = (), **settings: tuple[str, ...]) -> Axes:
    return Axes(
        requirements=tuple(parse(text, here=Path("/nowhere")) for text in requirements),
        settings=settings,
        pythons=pythons,
    )


def expanded(
    asked: Axes,
    *stacks: Stack,
    insisted: tuple[str, ...] = (),
    holds: Callable[[Stack, str], bool] = lambda _, __: False,
) -> Expanded:
    return expand(stacks or (EVENT_LOOP,), asked, insisted=insisted, holds=holds)


def names(found: Expanded) -> list[str]:
    return [one.name for one in found.stacks]


def test_without_anything_to_vary_a_stack_is_what_it_was() -> None:
    found = expanded(axes())

    assert ((EVENT_LOOP,), {}, {}) == (found.stacks, found.variants, found.left_out)


def test_a_requirement_is_measured_beside_the_stack_as_it_is() -> None:
    assert ["e", "e+server==1.5"] == names(expanded(axes("server==1.5")))


def test_a_requirement_stands_in_the_place_of_the_stacks_own() -> None:
    _, changed = expanded(axes("server==1.5,framework<3")).stacks

    assert ("server[fast]==1.5", "uvloop==1") == changed.requirements
    assert ("framework<3",) == changed.app_requirements


def test_what_stands_together_is_changed_together_and_what_stands_apart_apart() -> None:
    together, apart = expanded(axes("server==1,framework==2")), expanded(axes("server==1", "framework==2"))

    assert ["e", "e+server==1+framework==2"] == names(together)
    assert ["e", "e+server==1", "e+framework==2"] == names(apart)


def test_a_stack_that_does_not_have_the_package_is_not_multiplied() -> None:
    assert ["e", "e+server==1", "t"] == names(expanded(axes("server==1"), EVENT_LOOP, THREADS))


def test_of_what_stands_together_a_stack_gets_what_it_has() -> None:
    found = expanded(axes("server==1,pool==0"), EVENT_LOOP, THREADS)

    assert ["e", "e+server==1", "t", "t+pool==0"] == names(found)


def test_a_package_that_nobody_requires_concerns_those_who_hold_it() -> None:
    found = expanded(
        axes("deep==1"), EVENT_LOOP, THREADS, holds=lambda one, package: (one.name, package) == ("t", "deep")
    )

    assert ["e", "t", "t+deep==1"] == names(found)
    assert ("pool==1", "deep==1") == found.stacks[2].requirements


def test_who_only_holds_a_package_is_not_asked_where_others_require_it() -> None:
    assert ["e", "e+server==1", "t"] == names(expanded(axes("server==1"), EVENT_LOOP, THREADS, holds=lambda *_: True))


def test_a_package_that_nobody_has_is_a_mistake() -> None:
    with pytest.raises(UsageError, match="--with: no chosen stack has nosuch"):
        expanded(axes("nosuch==1"))


def test_every_value_is_measured_under_its_name() -> None:
    found = expanded(axes(workers=("1", "4")))

    assert ["e,workers=1", "e,workers=4"] == names(found)
    assert [1, 4] == [one.workers for one in found.stacks]


def test_a_value_of_a_setting_stands_in_the_command_line() -> None:
    off, on = expanded(axes(log=("off", "on"))).stacks

    assert "--log" not in off.template
    assert ("--log", "-") == on.template[-2:]


def test_a_number_has_one_name_however_it_is_written() -> None:
    assert ["e,workers=4"] == names(expanded(axes(workers=("04",))))


def test_several_interpreters_are_several_variants() -> None:
    found = expanded(axes(pythons=("3.12", "path")))

    assert ["e@3.12", "e@path"] == names(found)
    assert ["3.12", "path"] == [one.python for one in found.stacks]


def test_one_interpreter_changes_no_name() -> None:
    found = expanded(axes(pythons=("3.12",)))

    assert (["e"], "3.12", {}) == (names(found), found.stacks[0].python, found.variants)


def test_everything_that_is_varied_is_combined() -> None:
    found = expanded(axes("server==1", pythons=("3.12", "3.13"), workers=("1", "2"), parser=("h11",)))

    assert "e,workers=2,parser=h11+server==1@3.13" in names(found)
    assert 8 == len(set(names(found)))


def test_a_variant_says_what_was_asked_for_and_of_which_stack() -> None:
    found = expanded(axes("server==1", pythons=("3.12", "3.13"), workers=("2",)))

    variant = found.variants["e,workers=2+server==1@3.13"]
    assert Variant(of="e", requirements={"server": "server==1"}, settings={"workers": "2"}, python="3.13") == variant
    assert {"server", "workers", "python"} == variant.varied


def test_no_name_is_taken_for_that_of_a_twin_or_of_a_folder_below() -> None:
    found = expanded(axes("server~=1.0", "framework @ git+https://h/f@a/b", pythons=("3.12", "3.13t")))

    assert [name for name in names(found) if "/" in name or TWIN_SUFFIX[0] in name] == []


def test_the_same_twice_is_a_mistake() -> None:
    with pytest.raises(UsageError, match=r"e\+server==1 would be measured twice"):
        expanded(axes("server==1", "server==1"))


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        (axes(frobs=("1",)), "--vary frobs: no chosen stack has such a setting; they have log, loop, parser, workers"),
        (axes(workers=("0",)), "workers: '0' is not a whole number from 1"),
        (axes(workers=("many",)), "workers: 'many' is not a whole number from 1"),
        (axes(parser=("llhttp",)), "parser: unknown value 'llhttp'; choose from httptools, h11"),
        (axes(loop=("trio",)), "loop: it does not require 'trio'; there is asyncio, uvloop"),
    ],
)
def test_what_a_stack_cannot_be_is_told_in_a_sentence(asked: Axes, says: str) -> None:
    with pytest.raises(UsageError, match=says):
        expanded(asked)


def test_every_stack_may_run_on_the_loop_of_the_standard_library() -> None:
    assert ["asyncio"] == [one.loop for one in expanded(axes(loop=("asyncio",))).stacks]


def test_a_stack_that_was_only_matched_is_left_out_with_the_reason() -> None:
    found = expanded(axes(workers=("2",)), EVENT_LOOP, THREADS)

    assert ["e,workers=2"] == names(found)
    assert {"t": "it has no setting workers; it has threads"} == found.left_out


def test_a_stack_that_was_named_must_be_able_to() -> None:
    with pytest.raises(UsageError, match="--vary: t: it has no setting workers; it has threads"):
        expanded(axes(workers=("2",)), EVENT_LOOP, THREADS, insisted=("t",))


def test_a_stack_is_left_out_whole() -> None:
    other = stack("o", settings={"parser": ("h11",), "log": {"off": ""}})

    assert ["e,parser=h11", "e,parser=httptools"] == names(
        expanded(axes(parser=("h11", "httptools")), EVENT_LOOP, other)
    )


def test_where_no_stack_can_be_varied_so_nothing_is_measured() -> None:
    with pytest.raises(UsageError, match="no chosen stack can be varied like this; e, for example: workers: 'x'"):
        expanded(axes(workers=("x",)), EVENT_LOOP, stack("o"))
