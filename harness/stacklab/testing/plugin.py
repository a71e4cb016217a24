"""The pytest plugin: ``stack`` serves the app of a test on a real server, and ``promise`` says what it is to keep.

    @pytest.mark.promise(p99_ms=50, rate=200)
    def test_an_order_is_quick(stack):
        served = stack("shop.main:app", "/orders/42")
        assert b"42" in served.get("/orders/42")

With ``pytest --stacklab``, the promise is measured after the test has passed: it passes where the promise holds, fails
where the promise fails, and is an expected failure, with its reason, where that cannot be told. pytest loads this file
in every project, so it imports what measures only when a test asks for it.
"""

from collections.abc import Generator, Iterator
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from stacklab.testing.serving import Serving

MARK = "promise"

_SERVING = pytest.StashKey["Serving"]()
"""Where a test has what it serves."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the option that measures."""
    parser.getgroup("stacklab").addoption(
        "--stacklab", action="store_true", help="Measure the promises of tests that have the mark `promise`."
    )


def pytest_configure(config: pytest.Config) -> None:
    """Declare the mark."""
    config.addinivalue_line(
        "markers",
        f"{MARK}(p50_ms, p90_ms, p99_ms, cpu_us, rss_mib, errors_percent, throughput_rps, rate, connections, rounds, "
        "seconds): what the app of the fixture `stack` is to keep under load, measured with --stacklab",
    )


@pytest.fixture
def stack(request: pytest.FixtureRequest, tmp_path: Any) -> Iterator["Serving"]:
    """Serve an app: call it with MODULE:APP and the paths to request. The server ends with the test."""
    from stacklab.testing.serving import Serving  # noqa: PLC0415 (only for tests that serve)

    config = request.config
    with Serving(folder=config.rootpath, results=config.cache.mkdir("stacklab"), logs=tmp_path) as serving:
        request.node.stash[_SERVING] = serving
        yield serving


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, Any, Any]:
    """Measure the promise of a test that has passed."""
    found = yield
    mark = item.get_closest_marker(MARK)
    if mark is not None and item.config.getoption("--stacklab"):
        _measure(item, mark)
    return found


def _measure(item: pytest.Item, mark: pytest.Mark) -> None:
    from stacklab.errors import StacklabError  # noqa: PLC0415 (only for tests that measure)
    from stacklab.testing.serving import answer  # noqa: PLC0415 (as above)

    serving = item.stash.get(_SERVING, None)
    if serving is None or mark.args:
        pytest.fail(f"{MARK}: write its values by name, and serve an app with the fixture `stack`", pytrace=False)
    fault = ""
    try:
        told = answer(serving, mark.kwargs)
    except StacklabError as error:
        fault = str(error)
    if fault:
        pytest.fail(f"{MARK}: {fault}", pytrace=False)
    if told.fails:
        pytest.fail(told.reason, pytrace=False)
    if told.cannot_tell:
        pytest.xfail(told.reason)
