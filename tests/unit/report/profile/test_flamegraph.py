"""Flamegraphs from speedscope documents."""

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stacklab.catalog.workspace import reference
from stacklab.errors import UsageError
from stacklab.report.profile.flamegraph import fold, standalone
from stacklab.report.profile.folded import hotspots, shares, tree
from stacklab.report.profile.layers import Layer, layer_of

TEMPLATES = reference() / "reports" / "templates"
HOME = "/home/somebody/.cache/envs/3f/lib/python3.13"

FOLDED = st.lists(
    st.tuples(st.lists(st.sampled_from("abcd"), min_size=1, max_size=6).map(";".join), st.integers(1, 50)), max_size=30
).map(tuple)


def frame(name: str, file: str = "", line: int = 0) -> dict[str, object]:
    return {"name": name, "file": file, "line": line, "col": None}


def document(frames: list[dict[str, object]], *profiles: list[list[int]]) -> dict[str, object]:
    return {
        "shared": {"frames": frames},
        "profiles": [
            {"type": "sampled", "unit": "seconds", "samples": samples, "weights": [0.01] * len(samples)}
            for samples in profiles
        ],
    }


def test_samples_of_all_threads_and_workers_are_added_up() -> None:
    frames = [frame("main", "/srv/app.py", 1), frame("work", "/srv/work.py", 7)]

    folded = fold(document(frames, [[0, 1], [0]], [[0, 1]]))

    assert folded == (("main (app.py:1);work (work.py:7)", 2), ("main (app.py:1)", 1))


def test_marks_of_processes_and_threads_do_not_keep_workers_apart() -> None:
    frames = [
        frame('process 41:"/home/somebody/bin/python -m gunicorn"'),
        frame('process 42:"/home/somebody/bin/python -m gunicorn"'),
        frame("thread (41)"),
        frame("main", "/srv/app.py", 1),
    ]

    folded = fold(document(frames, [[0, 2, 3]], [[0, 1, 3]]))

    assert folded == (("main (app.py:1)", 2),)


@pytest.mark.parametrize(
    ("file", "shown"),
    [
        (f"{HOME}/site-packages/flask/app.py", "flask/app.py"),
        (f"{HOME}/json/encoder.py", "json/encoder.py"),
        (f"{HOME}t/queue.py", "queue.py"),
        ("/usr/lib/python3/dist-packages/waitress/task.py", "waitress/task.py"),
        ("/home/somebody/projects/secret/main.py", "main.py"),
        ("/usr/lib/x86_64-linux-gnu/libc.so.6", "libc.so.6"),
        ("<frozen importlib._bootstrap>", "<frozen importlib._bootstrap>"),
    ],
)
def test_paths_of_the_machine_are_shortened(file: str, shown: str) -> None:
    folded = fold(document([frame("f", file, 3)], [[0]]))

    assert folded == ((f"f ({shown}:3)", 1),)


@pytest.mark.parametrize(
    ("file", "layer"),
    [
        ("gunicorn/workers/gthread.py", Layer.SERVER),
        ("asyncio/runners.py", Layer.LOOP),
        ("flask/app.py", Layer.FRAMEWORK),
        ("concurrent/futures/thread.py", Layer.STDLIB),
        ("blinker/base.py", Layer.LIBRARY),
        ("./shop/main.py", Layer.APP),
        ("work.py", Layer.APP),
    ],
)
def test_a_frame_keeps_its_package_on_the_way_from_the_file_to_its_layer(file: str, layer: Layer) -> None:
    folded = fold(document([frame("f", file, 3)], [[0]]))

    assert folded == ((f"f ({file}:3)", 1),)
    assert shares(folded) == ((layer, 1.0),)


def test_a_frame_with_a_semicolon_stays_one_frame() -> None:
    folded = fold(document([frame("operator;", "x.cc", 3)], [[0]]))

    assert folded == (("operator, (x.cc:3)", 1),)


@pytest.mark.parametrize("broken", [{}, {"shared": {}}, {"shared": {"frames": []}, "profiles": [{"samples": [[3]]}]}])
def test_a_document_of_another_kind_is_refused_with_the_command_to_repeat(broken: dict[str, object]) -> None:
    with pytest.raises(UsageError, match="stacklab profile"):
        fold(broken)


@pytest.mark.parametrize(
    ("name", "layer"),
    [
        ("run (uvicorn/server.py:67)", Layer.SERVER),
        ("<module> (gunicorn:8)", Layer.SERVER),
        ("Runner.run (asyncio/runners.py:118)", Layer.LOOP),
        ("run_until_complete (uvloop/loop.pyx:1518)", Layer.LOOP),
        ("select (selectors.py:452)", Layer.LOOP),
        ("full_dispatch (flask/app.py:917)", Layer.FRAMEWORK),
        ("payload (work.py:12)", Layer.APP),
        ("payload (./work.py:12)", Layer.APP),
        ("charge (./shop/orders.py:12)", Layer.APP),
        ("put (./queue.py:12)", Layer.APP),
        ("dumps (json/__init__.py:231)", Layer.STDLIB),
        ("run (threading.py:982)", Layer.STDLIB),
        ("_run_code (<frozen runpy>:88)", Layer.STDLIB),
        ("loads (orjson/__init__.py:2)", Layer.LIBRARY),
        ("__write (libc.so.6)", Layer.UNKNOWN),
        ("0x7eff8604524a", Layer.UNKNOWN),
    ],
)
def test_a_frame_belongs_to_the_layer_of_its_package(name: str, layer: Layer) -> None:
    assert layer_of(name) == layer


@given(FOLDED)
def test_the_tree_keeps_every_sample(folded: tuple[tuple[str, int], ...]) -> None:
    drawn = tree(folded)
    nodes = list(zip(*[iter(drawn.nodes)] * 3, strict=True))
    outermost = sum(samples for _, depth, samples in nodes if depth == 0)

    assert outermost == drawn.samples == sum(samples for _, samples in folded)


@given(FOLDED)
def test_no_child_in_the_tree_is_wider_than_its_parent(folded: tuple[tuple[str, int], ...]) -> None:
    drawn = tree(folded)
    path: dict[int, int] = {}
    for _, depth, samples in zip(*[iter(drawn.nodes)] * 3, strict=True):
        path[depth] = samples
        assert depth == 0 or samples <= path[depth - 1]


def test_a_frame_that_calls_itself_counts_each_sample_once() -> None:
    top = hotspots((("a;b;a", 3),), limit=5)

    assert [(spot.frame, spot.own, spot.total) for spot in top] == [("a", 3, 3)]


def test_layers_are_told_by_where_samples_ended() -> None:
    folded = (("run (uvicorn/server.py:67);json_ (app.py:3)", 3), ("run (uvicorn/server.py:67)", 1))

    assert shares(folded) == ((Layer.SERVER, 0.25), (Layer.APP, 0.75))


def test_an_older_profile_is_told_by_its_packages_as_well() -> None:
    kept = reference() / "results/reference/uvicorn-uvloop-starlette/json-open/profile/speedscope.json"

    assert [layer for layer, _ in shares(fold(json.loads(kept.read_text())))] == [Layer.SERVER, Layer.LOOP]


def test_a_stack_deeper_than_pythons_recursion_is_drawn() -> None:
    drawn = tree(((";".join(["f"] * 5000), 1),))

    assert len(drawn.nodes) == 3 * 5000


def test_the_standalone_page_carries_its_tree_and_escapes_its_title() -> None:
    page = standalone((("a (x.py:1);</script> (y.py:2)", 4),), "<b>bold</b> & co", templates=TEMPLATES)
    found = re.search(r'<script type="application/json">(.*?)</script>', page)

    assert found is not None
    assert json.loads(found[1])["frames"] == ["a (x.py:1)", "</script> (y.py:2)"]
    assert "<b>bold</b>" not in page


def test_a_profile_without_samples_says_so() -> None:
    assert "There are no samples" in standalone((), "idle", templates=TEMPLATES)
