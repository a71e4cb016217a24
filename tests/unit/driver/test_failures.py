"""Failed responses: the first of each kind is kept, within bounds, and no control character of it."""

import gzip

from stacklab.driver.wire.failures import MOST_KEPT, MOST_LETTERS, FailureLog
from stacklab.driver.wire.request import PreparedRequest
from stacklab.model.measured.record import FailedResponse, Outcome
from stacklab.model.traffic.order import PlannedRequest


def test_only_the_first_of_each_kind_is_kept() -> None:
    log = FailureLog(["a", "b"])
    for endpoint, status, body in ((0, 500, b"first"), (0, 500, b"second"), (1, 500, b"other"), (0, 404, b"gone")):
        log.note(endpoint, Outcome.STATUS, status, body, encoding="")

    assert [("a", 500, "first"), ("b", 500, "other"), ("a", 404, "gone")] == [
        (one.endpoint, one.status, one.body) for one in log.kept
    ]


def test_requests_of_one_endpoint_share_its_kinds() -> None:
    log = FailureLog(["a", "a"])
    log.note(0, Outcome.BODY, 200, b"x", encoding="")
    log.note(1, Outcome.BODY, 200, b"y", encoding="")

    assert ["x"] == [one.body for one in log.kept]


def test_kinds_and_letters_are_bounded() -> None:
    log = FailureLog(["a"])
    for status in range(100, 600):
        log.note(0, Outcome.STATUS, status, b"x" * 10 * MOST_LETTERS, encoding="")

    assert (MOST_KEPT, {MOST_LETTERS}) == (len(log.kept), {len(one.body) for one in log.kept})


def test_a_body_becomes_one_line_without_control_characters() -> None:
    log = FailureLog(["a"])
    log.note(0, Outcome.STATUS, 500, b"<h1>\n\tno\x1b[2J \xff</h1>", encoding="")

    assert ["<h1> no\ufffd[2J \ufffd</h1>"] == [one.body for one in log.kept]


def test_a_packed_body_is_unpacked() -> None:
    log = FailureLog(["a"])
    log.note(0, Outcome.STATUS, 500, gzip.compress(b"no stock"), encoding="gzip")

    assert ["no stock"] == [one.body for one in log.kept]


def test_a_request_notes_its_incorrect_responses_and_no_correct_one() -> None:
    log = FailureLog(["a"])
    request = PreparedRequest(
        PlannedRequest(endpoint="a", target="/", expect_body="ok"),
        endpoint=0,
        host="localhost",
        port=80,
        keep_alive=True,
        failures=log,
    )
    for data in (
        b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok",
        b"HTTP/1.1 503 Busy\r\ncontent-length: 5\r\n\r\nlater",
        b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nno",
    ):
        reader = request.reader(1, None)  # type: ignore[arg-type] # chunks are noted of responses in chunks alone
        request.read(reader, data, 0)
        reader.close()

    assert (
        FailedResponse(endpoint="a", outcome=Outcome.STATUS, status=503, body="later"),
        FailedResponse(endpoint="a", outcome=Outcome.BODY, status=200, body="no"),
    ) == log.kept
