"""What callgrind writes is read: totals, names that are written once, and costs that belong to a callee."""

import pytest

from stacklab.analysis.instructions.callgrind_out import NAMELESS, read_dump, read_status
from stacklab.model.measured.counting import NativeFunction

DUMP = """\
# callgrind format
version: 1
creator: callgrind-3.19.0
pid: 1756
cmd:  /home/me/env/bin/python -m uvicorn
part: 2

desc: Trigger: dump

positions: line
events: Ir
summary: 1192

ob=(6) /usr/lib/libpython3.11.so.1.0
fl=(1) ceval.c
fn=(10) _PyEval_EvalFrameDefault
0 700
cob=(3) /usr/lib/libc.so.6
cfi=(2) malloc.c
cfn=(11) malloc
calls=12 1350
0 250
+4 30
* 12

fn=(12) _PyEval_EvalFrameDefault'2
0 100
cfn=(10)
calls=1 0
0 100

ob=(3)
fl=(2)
fn=(11)
0 250

ob=(2) ???
fn=(20) 0x0000000004936778
-2 60
fn=(21) 0x0000000004936718'2
0 40

totals: 1192
"""

STATUS = """\
sending command status internal to pid 18758
instrumentation: on
executed-bbs: 9788
events: Ir
part: 0
threads: 1 2 3
current-tid: 1
events-1: 619848
frames-1: 8
function-1-1: _PyObject_MakeTpCall
calls-1-1: 22
events-1-0: 5222
events-2: 1676004
events-2-0: 1675990
events-3: 447754
"""

PYTHON, LIBC = "libpython3.11.so.1.0", "libc.so.6"


def test_what_every_function_executed_adds_up_to_the_total() -> None:
    assert 1192 == read_dump(DUMP).total()


def test_the_cost_of_a_callee_is_not_that_of_its_caller() -> None:
    functions = read_dump(DUMP)

    assert 842 == functions[NativeFunction(name="_PyEval_EvalFrameDefault", object=PYTHON)]  # 700 + 30 + 12 + 100
    assert 250 == functions[NativeFunction(name="malloc", object=LIBC)]


def test_functions_without_a_name_are_one() -> None:
    assert 100 == read_dump(DUMP)[NativeFunction(name=NAMELESS, object="???")]


def test_no_folder_of_the_machine_is_kept() -> None:
    assert not any("/" in one.object for one in read_dump(DUMP))


def test_a_process_that_did_nothing_has_no_functions() -> None:
    assert not read_dump("events: Ir\nsummary: 0\n\n\ntotals: 0\n")


def test_a_file_that_was_not_finished_is_refused() -> None:
    with pytest.raises(ValueError, match="this one has none"):
        read_dump("# callgrind format\nversion: 1\n")


def test_the_threads_of_a_status_are_added_up() -> None:
    assert 2_743_606 == read_status(STATUS)  # what a dump at that moment had as its total


def test_an_answer_that_is_no_status_is_refused() -> None:
    with pytest.raises(ValueError, match="names none"):
        read_status("instrumentation: off\n")
