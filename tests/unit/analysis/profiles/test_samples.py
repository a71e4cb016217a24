"""Stacks from speedscope documents, those of older versions included."""

import pytest

from stacklab.analysis.profiles.samples import Sample, samples, without_line
from stacklab.errors import UsageError

HOME = "/home/somebody/.cache/envs/3f/lib/python3.13"


def frame(name: str, file: str = "", line: int = 0) -> dict[str, object]:
    return {"name": name, "file": file, "line": line, "col": None}


def old(frames: list[dict[str, object]], *profiles: list[list[int]]) -> dict[str, object]:
    """As py-spy itself writes it: each sample by itself, with the sampling interval as its weight."""
    return {
        "shared": {"frames": frames},
        "profiles": [
            {"type": "sampled", "unit": "seconds", "samples": samples, "weights": [0.01] * len(samples)}
            for samples in profiles
        ],
    }


def test_stacks_keep_their_thread_and_how_often_they_were_seen() -> None:
    thread = {"type": "sampled", "unit": "none", "pid": 7, "tid": 9, "thread": "pool-1"}
    document = {
        "shared": {"frames": [frame("main", "app.py", 1)]},
        "profiles": [{**thread, "samples": [[0]], "weights": [3]}],
    }

    assert samples(document) == (Sample(stack=("main (app.py:1)",), times=3, pid=7, tid=9, thread="pool-1"),)


def test_each_sample_of_an_older_profile_counts_once() -> None:
    found = samples(old([frame("main", "/srv/app.py", 1), frame("work", "/srv/work.py", 7)], [[0, 1]], [[0]]))

    assert [(one.stack, one.times) for one in found] == [
        (("main (app.py:1)", "work (work.py:7)"), 1),
        (("main (app.py:1)",), 1),
    ]


def test_marks_of_processes_and_threads_are_no_frames() -> None:
    frames = [frame('process 41:"/home/somebody/bin/python"'), frame("thread (41)"), frame("main", "/srv/app.py", 1)]

    assert [one.stack for one in samples(old(frames, [[0, 1, 2]]))] == [("main (app.py:1)",)]


@pytest.mark.parametrize(
    ("file", "shown"),
    [
        (f"{HOME}/site-packages/flask/app.py", "flask/app.py"),
        (f"{HOME}/json/encoder.py", "json/encoder.py"),
        (f"{HOME}t/queue.py", "queue.py"),
        ("/usr/lib/python3/dist-packages/waitress/task.py", "waitress/task.py"),
        ("/home/somebody/projects/secret/main.py", "main.py"),
        ("./shop/main.py", "./shop/main.py"),
        ("/usr/lib/x86_64-linux-gnu/libc.so.6", "libc.so.6"),
        ("<frozen importlib._bootstrap>", "<frozen importlib._bootstrap>"),
    ],
)
def test_paths_of_the_machine_are_shortened(file: str, shown: str) -> None:
    assert [one.stack for one in samples(old([frame("f", file, 3)], [[0]]))] == [(f"f ({shown}:3)",)]


def test_a_frame_with_a_semicolon_stays_one_frame() -> None:
    assert [one.stack for one in samples(old([frame("operator;", "x.cc", 3)], [[0]]))] == [("operator, (x.cc:3)",)]


def test_a_frame_without_its_line_is_the_function() -> None:
    assert without_line("f (shop/main.py:3)") == "f (shop/main.py)"


@pytest.mark.parametrize(
    "broken", [{}, {"shared": {}}, {"shared": {"frames": []}, "profiles": [{"samples": [[3]], "weights": [1]}]}]
)
def test_a_document_of_another_kind_is_refused_with_the_command_to_repeat(broken: dict[str, object]) -> None:
    with pytest.raises(UsageError, match="stacklab profile"):
        samples(broken)
