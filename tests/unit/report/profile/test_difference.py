"""The difference of two sets of profiles in words: the whole, what is located, and what is not."""

import json

from stacklab.analysis.profiles.difference import Located, ProfileChange, ProfileDifference
from stacklab.analysis.profiles.sides import ComparedProfiles
from stacklab.model.layers import Layer
from stacklab.report.profile.difference import as_json, compared_in_words

COMPARED = ComparedProfiles(
    a="sync",
    b="gthread",
    scenario="json",
    difference=ProfileDifference(
        before_ns=53_000.0,
        after_ns=65_500.0,
        profiles=(5, 5),
        located=(
            Located(function="submit (gunicorn/x.py)", change=ProfileChange.APPEARED, before_ns=0.0, after_ns=12_000.0),
            Located(
                function="accept (gunicorn/y.py)", change=ProfileChange.SHRUNK, before_ns=5_000.0, after_ns=3_000.0
            ),
        ),
        tested=30,
    ),
    layers={"submit (gunicorn/x.py)": Layer.SERVER, "accept (gunicorn/y.py)": Layer.SERVER},
    is_closed=False,
    ended=0,
)


def test_the_whole_difference_and_its_parts_are_said() -> None:
    lines = compared_in_words([COMPARED]).replace("\u202f", " ").splitlines()

    whole = (
        "json: a request takes 12.5 µs more processor time with gthread than with sync: 53 µs and 65.5 µs "
        "(mean of 5 and 5 profiles)."
    )
    assert lines[:2] == [whole, "+10 µs are located in 2 of 30 functions; +2.50 µs are not located."]
    assert [" ".join(line.split()) for line in lines[2:]] == [
        "appeared +12 µs 0 µs to 12 µs submit (gunicorn/x.py) [server]",
        "shrunk -2 µs 5 µs to 3 µs accept (gunicorn/y.py) [server]",
    ]


def test_programs_get_the_same_in_microseconds() -> None:
    (record,) = json.loads(as_json([COMPARED]))

    assert (record["a_us"], record["b_us"], record["not_located_us"]) == (53.0, 65.5, 2.5)
    assert [(one["function"], one["change"], one["b_us"]) for one in record["located"]] == [
        ("submit (gunicorn/x.py)", "appeared", 12.0),
        ("accept (gunicorn/y.py)", "shrunk", 3.0),
    ]
