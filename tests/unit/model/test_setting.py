"""Settings: a number, words to choose from, or words that each stand for a part of the command line."""

from dataclasses import replace

import pytest

from made import WSGI
from stacklab.model.setting import ServerSetting, faults, held, with_value, words

SWITCH = {"off": "", "on": "--access-log - --level 'very low'"}

STACK = replace(
    WSGI,
    argv=("{python}", "--bind", "{host}:{port}", "--backlog={backlog}", "{log}", "{app}"),
    settings={"backlog": 2048, "log": SWITCH},
)


@pytest.mark.parametrize(
    ("setting", "value", "in_the_command_line"),
    [
        (75, "75", ("75",)),
        (0.5, "0.5", ("0.5",)),
        (("httptools", "h11"), "httptools", ("httptools",)),
        (SWITCH, "off", ()),
        ({"on": "--log -", "off": ""}, "on", ("--log", "-")),
    ],
)
def test_the_first_value_holds(setting: ServerSetting, value: str, in_the_command_line: tuple[str, ...]) -> None:
    assert (value, in_the_command_line) == (held(setting), words(setting))


@pytest.mark.parametrize(("setting", "value"), [(75, "5"), (75, "2.5"), (("a", "b"), "b"), (SWITCH, "on")])
def test_another_value_holds_once_it_is_chosen(setting: ServerSetting, value: str) -> None:
    assert value == held(with_value(setting, value))


def test_a_value_may_stand_for_words_as_a_shell_reads_them() -> None:
    assert ("--access-log", "-", "--level", "very low") == words(with_value(SWITCH, "on"))


@pytest.mark.parametrize(("setting", "value"), [(75, "x"), (75, "-1"), (75, "nan"), (("a",), "b"), (SWITCH, "maybe")])
def test_a_value_that_is_none_is_refused(setting: ServerSetting, value: str) -> None:
    with pytest.raises(ValueError, match=value):
        with_value(setting, value)


@pytest.mark.parametrize("setting", [-1, float("inf"), (), {}, ("a/b",), {"a,b": ""}])
def test_a_setting_that_could_not_be_set_is_a_fault(setting: ServerSetting) -> None:
    assert faults(setting)


@pytest.mark.parametrize("setting", [0, 75, 0.5, ("a",), SWITCH])
def test_a_setting_as_it_should_be_has_no_fault(setting: ServerSetting) -> None:
    assert None is faults(setting)


def test_a_placeholder_of_its_own_becomes_as_many_words_as_its_value() -> None:
    on = replace(STACK, settings={"backlog": 1, "log": with_value(SWITCH, "on")})

    assert ("p", "--bind", "h:1", "--backlog=2048", "a:b") == STACK.command(python="p", host="h", port=1)
    assert ("--backlog=1", "--access-log", "-", "--level", "very low", "a:b") == on.template[-6:]


def test_a_setting_that_is_named_like_a_part_is_off_where_the_part_is_not_asked_for() -> None:
    switch = {"on": "--ws fast", "off": "--ws none"}
    stack = replace(STACK, settings={"backlog": 1, "log": switch}, serves=("log",))

    assert ("--ws", "fast") == stack.serving({"log"}).template[-3:-1]
    assert ("--ws", "none") == stack.serving(()).template[-3:-1]


def test_a_switch_that_was_varied_stays_where_it_was_set() -> None:
    stack = replace(STACK, settings={"backlog": 1, "log": {"on": "--ws fast"}}, serves=("log",))

    assert "fast" in stack.serving(()).template


def test_a_template_leaves_open_what_belongs_to_the_machine() -> None:
    assert ("{python}", "--bind", "{host}:{port}") == STACK.template[:3]


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"backlog": 1}, r"argv: \{log\} in '\{log\}' is not one of"),
        ({"backlog": 1, "log": SWITCH, "more": 1}, r"settings.more: \{more\} does not occur in argv"),
        ({"backlog": -1, "log": SWITCH}, "settings.backlog: -1 is not a number from 0"),
        ({"backlog": 1, "log": SWITCH, "port": 1}, "settings.port: there is a separate key for it"),
    ],
)
def test_a_stack_whose_settings_do_not_fit_is_refused(settings: dict[str, ServerSetting], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        replace(STACK, settings=settings)


@pytest.mark.parametrize("python", ["latest", "3.x", "/usr/bin/python", "~/python"])
def test_an_interpreter_of_a_stack_is_a_version(python: str) -> None:
    with pytest.raises(ValueError, match=r"is not a version such as 3\.13"):
        replace(STACK, python=python)
