"""What `check` prints of a stack, as lines and as JSON."""

from dataclasses import replace

from made import WSGI
from stacklab.cli.verbs.measure.check import Checked, document, lines
from stacklab.effects.wire.verify import Verification
from stacklab.errors import StageError
from stacklab.model.measured.record import ServerFacts

FACTS = ServerFacts(argv=(), python="CPython 3.13.0", packages={}, cpus=(0,), boot_s=0.5)
CORRECT = Checked(stack=WSGI, unchecked={}, facts=FACTS, responses=38)
DECLARED = replace(CORRECT, found=Verification(differences={"upload": "empty", "echo": "silent"}))


def test_responses_that_differ_as_declared_are_counted_and_named() -> None:
    *details, last = lines(DECLARED)

    assert ["stack: differs as declared: empty", "stack: differs as declared: silent"] == details
    assert last == (
        "stack: all 38 responses are correct, 2 of them as declared in its file: upload and echo "
        "(CPython 3.13.0, first response after 0.50 s)"
    )


def test_without_declared_differences_none_are_counted() -> None:
    assert ["stack: all 38 responses are correct (CPython 3.13.0, first response after 0.50 s)"] == list(lines(CORRECT))


def test_what_is_declared_is_in_the_json() -> None:
    told = document(DECLARED)

    assert (True, 38, {"upload": "empty", "echo": "silent"}) == (told["right"], told["answers"], told["as_declared"])


def test_the_exit_code_says_whether_it_is_correct_incorrect_or_could_not_be_checked() -> None:
    cases = {
        "right": CORRECT,
        "differs as declared": DECLARED,
        "breach": replace(CORRECT, found=Verification(mismatches=("b",))),
        "declared in vain": replace(CORRECT, found=Verification(undone=("u",))),
        "miscounted": replace(CORRECT, miscounts=("m",)),
        "no database": replace(CORRECT, unchecked={"database": "why"}),
        "no boot": replace(CORRECT, failed=StageError("why", log_tail=("line",))),
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


def test_an_incorrect_response_is_printed_and_nothing_is_called_correct() -> None:
    wrong = replace(DECLARED, found=replace(DECLARED.found, mismatches=("plain: no",)), miscounts=("json: twice",))

    assert ["stack: plain: no", "stack: json: twice"] == list(lines(wrong))
