"""Two answers to one request: where they differ, and what would allow it."""

import gzip
import re
import shlex

import pytest

from stacklab.hosting.difference import difference
from stacklab.model.traffic.exchange import Response


def answer(body: bytes, status: int = 200, **headers: str) -> Response:
    return Response(
        status=status, headers={name.replace("_", "-"): value for name, value in headers.items()}, body=body
    )


def test_equal_answers_do_not_differ() -> None:
    assert difference(answer(b"x", etag="1", date="a"), answer(b"x", etag="2", date="b")) is None


@pytest.mark.parametrize(
    ("other", "says"),
    [
        (answer(b"x", status=404), "its status is 404 and was 200"),
        (answer(b"x", content_type="text/html"), "its header content-type is 'text/html' and was 'missing'"),
        (answer(b"x", location="/login"), "its header location is '/login' and was 'missing'"),
        (answer(b"x", set_cookie="sid=1; Path=/"), "its header set-cookie is 'sid' and was 'missing'"),
        (answer(b"y"), "its body differs from byte 0 on: b'y' and was b'x'"),
    ],
)
def test_each_difference_is_named(other: Response, says: str) -> None:
    assert says == difference(answer(b"x"), other)


def test_cookies_may_have_other_values() -> None:
    first, other = (answer(b"x", set_cookie=f"sid={value}; Path=/\nlang=en") for value in ("abc", "xyz"))

    assert difference(first, other) is None


def test_packed_bodies_are_compared_unpacked() -> None:
    first, other = (answer(gzip.compress(b"x", mtime=time), content_encoding="gzip") for time in (1, 2))

    assert difference(first, other) is None


@pytest.mark.parametrize(
    ("was", "is_"),
    [
        (b'{"visits": 1}', b'{"visits": 2}'),
        (b'{"visits": 21, "of": 3}', b'{"visits": 22, "of": 3}'),
        (b'<input name="csrf" value="aXb">\n<p>', b'<input name="csrf" value="aYb">\n<p>'),
        (b"it's 10:00:01.\n", b"it's 10:00:02.\n"),
        (b"served by 4711", b"served by 4712"),
    ],
)
def test_what_is_suggested_would_allow_it(was: bytes, is_: bytes) -> None:
    said = difference(answer(was), answer(is_))
    assert said is not None
    found = re.search(r"--vary-body (.+) would allow it", said)
    assert found is not None

    (expression,) = shlex.split(found[1])
    assert difference(answer(was), answer(is_), vary=(expression,)) is None
    assert difference(answer(was), answer(b"more" + is_), vary=(expression,)) is not None


def test_bodies_that_may_differ_wholly_are_not_compared() -> None:
    assert difference(answer(b"x", location="/a"), answer(b"y", location="/b"), any_body=True) is None
    assert difference(answer(b"x"), answer(b"y", content_type="text/html"), any_body=True) is not None
