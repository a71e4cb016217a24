"""What `check` says of a stack, as lines and as JSON."""

from dataclasses import replace

from made import WSGI
from stacklab.cli.checked import Checked, document, lines
from stacklab.effects.wire.verify import Verification
from stacklab.errors import StageError
from stacklab.model.record import ServerFacts

FACTS = ServerFacts(argv=(), python="CPython 3.13.0", packages={}, cpus=(0,), boot_s=0.5)
RIGHT = Checked(stack=WSGI, not_asked={}, facts=FACTS, answers=38)
OTHERWISE = replace(RIGHT, found=Verification(differences={"upload": "empty", "echo": "silent"}))


def test_answers_that_differ_as_declared_are_counted_and_named() -> None:
    *details, last = lines(OTHERWISE)

    assert ["stack: differs, as it says: empty", "stack: differs, as it says: silent"] == details
    assert last == (
        "stack: all 38 answers are right, 2 of them as its file declares: upload and echo "
        "(CPython 3.13.0, 0.50 s to its first answer)"
    )


def test_without_declared_differences_none_are_counted() -> None:
    assert ["stack: all 38 answers are right (CPython 3.13.0, 0.50 s to its first answer)"] == list(lines(RIGHT))


def test_what_is_declared_is_in_the_json() -> None:
    told = document(OTHERWISE)

    assert (True, 38, {"upload": "empty", "echo": "silent"}) == (told["right"], told["answers"], told["as_declared"])


def test_the_exit_code_says_whether_it_is_right_wrong_or_could_not_be_asked() -> None:
    cases = {
        "right": RIGHT,
        "differs as declared": OTHERWISE,
        "breach": replace(RIGHT, found=Verification(mismatches=("b",))),
        "declared in vain": replace(RIGHT, found=Verification(undone=("u",))),
        "miscounted": replace(RIGHT, miscounts=("m",)),
        "no database": replace(RIGHT, not_asked={"database": "why"}),
        "no boot": replace(RIGHT, failed=StageError("why", log_tail=("line",))),
    }

    assert {
        "right": 0,
        "differs as declared": 0,
        "breach": 1,
        "declared in vain": 1,
        "miscounted": 1,
        "no database": 2,
        "no boot": 2,
    } == {name: checked.exit_code for name, checked in cases.items()}


def test_a_wrong_answer_is_told_and_nothing_is_called_right() -> None:
    wrong = replace(OTHERWISE, found=replace(OTHERWISE.found, mismatches=("plain: no",)), miscounts=("json: twice",))

    assert ["stack: plain: no", "stack: json: twice"] == list(lines(wrong))
