"""What py-spy writes becomes a document that keeps workers and threads apart, and no path of the machine."""

from stacklab.analysis.profiles.samples import samples
from stacklab.effects.profiler import tidy

DOCUMENT = {
    "$schema": "https://www.speedscope.app/file-format-schema.json",
    "shared": {
        "frames": [
            {"name": 'process 41:"/home/me/bin/python -m gunicorn --secret"', "file": "", "line": None},
            {"name": 'process 42:"/home/me/bin/python -m gunicorn --secret"', "file": "", "line": None},
            {"name": "thread (43): ThreadPoolExecutor-0_0", "file": "", "line": None},
            {"name": "run", "file": "/home/me/env/lib/python3.12/site-packages/gunicorn/app.py", "line": 7},
            {"name": "work", "file": "/home/me/shop/app.py", "line": 3},
        ]
    },
    "profiles": [
        {"samples": [[0, 1, 2, 3, 4], [0, 1, 2, 3, 4], [0, 1, 2, 3]], "weights": [0.005, 0.005, 0.005]},
        {"samples": [[0, 3]], "weights": [0.005]},
    ],
}


def test_stacks_keep_the_innermost_process_and_their_thread() -> None:
    found = {(one.pid, one.tid, one.thread, one.stack): one.times for one in samples(tidy(DOCUMENT))}

    run, work = "run (gunicorn/app.py:7)", "work (./app.py:3)"
    assert found == {
        (42, 43, "ThreadPoolExecutor-0_0", (run, work)): 2,
        (42, 43, "ThreadPoolExecutor-0_0", (run,)): 1,
        (41, 0, "", (run,)): 1,
    }


def test_nothing_names_the_machine_or_a_command_line() -> None:
    text = str(tidy(DOCUMENT))

    assert "/home/me" not in text
    assert "--secret" not in text
