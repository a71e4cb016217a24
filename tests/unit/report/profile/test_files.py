"""Files of a profile for other programs: each holds every stack with its time."""

import gzip
import json
from collections.abc import Iterator

from stacklab.report.profile.files import files

STACKS = {("main (./app.py)", "work (./work.py)"): 1500.4, ("main (./app.py)", "kernel"): 300.0, ("tiny (a.py)",): 0.2}
WRITTEN = files(STACKS, title="one under json", unit="ns")


def fields(message: bytes) -> Iterator[tuple[int, int | bytes]]:
    """A protocol buffer, one level deep: (number of the field, its number or content)."""
    at = 0

    def varint() -> int:
        nonlocal at
        value = shift = 0
        while True:
            byte = message[at]
            at += 1
            value |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return value

    while at < len(message):
        key = varint()
        if key & 7 == 0:
            yield key >> 3, varint()
        else:
            length = varint()
            yield key >> 3, message[at : at + length]
            at += length


def of(message: bytes, field: int) -> list[bytes]:
    return [value for number, value in fields(message) if number == field and isinstance(value, bytes)]


def test_folded_stacks_have_one_line_each_and_nothing_that_rounds_to_zero() -> None:
    assert WRITTEN["profile.folded"].decode().splitlines() == [
        "main (./app.py);kernel 300",
        "main (./app.py);work (./work.py) 1500",
    ]


def test_speedscope_gets_each_stack_with_its_nanoseconds() -> None:
    document = json.loads(WRITTEN["speedscope.json"])
    (profile,) = document["profiles"]
    names = [frame["name"] for frame in document["shared"]["frames"]]

    assert ("nanoseconds", 1800) == (profile["unit"], profile["endValue"])
    assert {tuple(names[index] for index in stack): weight for stack, weight in zip(*both(profile), strict=True)} == {
        ("main", "kernel"): 300,
        ("main", "work"): 1500,
    }


def both(profile: dict[str, list[object]]) -> tuple[list[list[int]], list[int]]:
    return profile["samples"], profile["weights"]  # type: ignore[return-value]  # (as the schema has them)


def test_pprof_reads_each_stack_from_the_innermost_frame_on() -> None:
    message = gzip.decompress(WRITTEN["profile.pb.gz"])
    texts = [text.decode() for text in of(message, 6)]
    functions = [dict(fields(function)) for function in of(message, 5)]
    name_of = {function[1]: texts[int(function[2])] for function in functions}
    found = {}
    for sample in of(message, 2):
        locations, values = (of(sample, field)[0] for field in (1, 2))
        found[tuple(name_of[number] for number in locations)] = list(values)

    (value_type,) = of(message, 1)
    assert [texts[int(number)] for _, number in fields(value_type)] == ["cpu_per_request", "nanoseconds"]
    assert found == {("kernel", "main"): [0xAC, 0x02], ("work", "main"): [0xDC, 0x0B]}
    assert texts[0] == ""
