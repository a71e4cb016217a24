"""Flamegraphs: the tree that is drawn, the functions that took most, and the page."""

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stacklab.analysis.profiles.result import ProfileResult, by_layer
from stacklab.analysis.profiles.samples import CallStack, samples
from stacklab.catalog.layers import read_layers
from stacklab.catalog.workspace import reference
from stacklab.model.layers import Layer
from stacklab.model.measured.profile import Profile
from stacklab.report.kit.numbers import of_profile
from stacklab.report.profile.block import profile_block
from stacklab.report.profile.flamegraph import standalone
from stacklab.report.profile.folded import hotspots, tree

TEMPLATES = reference() / "reports" / "templates"
LAYERS = read_layers()

STACKS = st.dictionaries(
    st.lists(st.sampled_from("abcd"), min_size=1, max_size=6).map(tuple), st.integers(1, 50), max_size=30
)


def page_of(stacks: dict[CallStack, float], name: str = "one") -> str:
    result = ProfileResult(
        profile=Profile(stack=name, scenario="json", started_at="now", seconds=3, rate_hz=100),
        stacks=stacks,
        lines={},
        layers=by_layer(stacks, LAYERS),
    )
    return standalone(profile_block(result, LAYERS), templates=TEMPLATES)


@given(STACKS)
def test_the_tree_keeps_everything(stacks: dict[CallStack, float]) -> None:
    drawn = tree(stacks, LAYERS, unit="samples")
    nodes = list(zip(*[iter(drawn.nodes)] * 3, strict=True))
    outermost = sum(value for _, depth, value in nodes if depth == 0)

    assert outermost == drawn.total == sum(stacks.values())


@given(STACKS)
def test_no_child_in_the_tree_is_wider_than_its_parent(stacks: dict[CallStack, float]) -> None:
    path: dict[int, int] = {}
    for _, depth, width in zip(*[iter(tree(stacks, LAYERS, unit="samples").nodes)] * 3, strict=True):
        path[depth] = width
        assert depth == 0 or width <= path[depth - 1]


def test_what_every_stack_begins_with_is_one_frame() -> None:
    start = ("<module> (uvicorn:8)", "main (uvicorn/main.py)", "Runner.run (asyncio/runners.py)")

    drawn = tree({(*start, "json_ (./app.py)"): 3, (*start, "send (uvicorn/http.py)"): 1}, LAYERS, unit="ns")

    first, *others = drawn.frames
    assert first == "Runner.run (asyncio/runners.py), below 2 more"
    assert others == ["json_ (./app.py)", "send (uvicorn/http.py)"]
    assert drawn.layers == (Layer.LOOP, Layer.APP, Layer.SERVER)


def test_the_code_of_the_app_is_never_folded_away() -> None:
    drawn = tree({("run (uvicorn/main.py)", "json_ (./app.py)", "work (./work.py)"): 3}, LAYERS, unit="ns")

    assert drawn.frames == ("run (uvicorn/main.py)", "json_ (./app.py)", "work (./work.py)")


def test_a_function_that_calls_itself_counts_once() -> None:
    top = hotspots({("a", "b", "a"): 3}, LAYERS, limit=5)

    assert [(spot.frame, spot.own, spot.total) for spot in top] == [("a", 3, 3)]


def test_layers_are_told_by_where_time_was_spent() -> None:
    stacks = {("run (uvicorn/server.py)", "json_ (app.py)"): 3.0, ("run (uvicorn/server.py)",): 1.0}

    assert by_layer(stacks, LAYERS) == {Layer.SERVER: 1.0, Layer.APP: 3.0}


def test_an_older_profile_is_told_by_its_packages_as_well() -> None:
    kept = reference() / "tests/older/session/uvicorn-uvloop-starlette/json-open/profile/speedscope.json"

    found = by_layer({one.stack: 1.0 for one in samples(json.loads(kept.read_text()))}, LAYERS)

    assert list(found) == [Layer.SERVER, Layer.LOOP]


def test_a_stack_deeper_than_pythons_recursion_is_drawn() -> None:
    drawn = tree({tuple(f"f{depth} (./x.py)" for depth in range(5000)): 1}, LAYERS, unit="ns")

    assert len(drawn.nodes) == 3 * 5000


def test_the_standalone_page_carries_its_tree_and_escapes_its_title() -> None:
    page = page_of({("a (./x.py)", "</script> (./y.py)"): 4.0}, "<b>bold</b> & co")
    found = re.search(r'<script type="application/json">(.*?)</script>', page)

    assert found is not None
    assert json.loads(found[1])["frames"] == ["a (./x.py)", "</script> (./y.py)"]
    assert "<b>bold</b>" not in page


def test_a_profile_without_samples_says_so() -> None:
    assert "There are no samples" in page_of({})


@pytest.mark.parametrize(("unit", "shown"), [("ns", "12.3 µs"), ("samples", "12 346 samples")])
def test_a_value_is_written_in_its_unit(unit: str, shown: str) -> None:
    assert of_profile(12_346.0, unit).replace("\u202f", " ") == shown
