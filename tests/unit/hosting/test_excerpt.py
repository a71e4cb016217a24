"""Of an error, the beginning of the body is shown on one line; of anything else, nothing."""

import gzip

import pytest

from stacklab.hosting.excerpt import SHOWN, excerpt
from stacklab.model.traffic.exchange import Response

FASTAPI = b'{"detail": [{"type": "missing",\n   "loc": ["body", "total"]}]}'


@pytest.mark.parametrize(
    ("response", "shown"),
    [
        (Response(status=422, body=FASTAPI), '{"detail": [{"type": "missing", "loc": ["body", "total"]}]}'),
        (Response(status=200, body=FASTAPI), ""),
        (Response(status=400, body=b""), ""),
        (Response(status=400, body=b"\xff\x00"), ""),
        (Response(status=400, body=b"\x1b[31mred"), ""),
        (Response(status=400, body=b"x" * SHOWN), "x" * SHOWN),
        (Response(status=400, body=b"x" * SHOWN + b"y"), "x" * SHOWN + "…"),
        (
            Response(
                status=404,
                headers={"content-type": "text/html; charset=utf-8"},
                body=b"<html><head><title>404</title></head><style>p {}</style><h1>Not\n Found</h1><p>a < b</p></html>",
            ),
            "Not Found a < b",
        ),
        (Response(status=400, headers={"content-encoding": "gzip"}, body=gzip.compress(b"packed")), "packed"),
    ],
)
def test_of_a_response_is_shown(response: Response, shown: str) -> None:
    assert shown == excerpt(response)
