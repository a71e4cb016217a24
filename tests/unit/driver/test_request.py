"""Answers are judged whole, however they are cut; requests are written once."""

from dataclasses import replace
from functools import partial
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from made import ORDER
from stacklab.driver.loop.rows import Chunks
from stacklab.driver.wire import request
from stacklab.driver.wire.http1 import HttpReader
from stacklab.driver.wire.request import MAX_KNOWN, JudgedResponse, Memory, PreparedRequest, prepared_requests
from stacklab.model.measured.record import Outcome
from stacklab.model.traffic.order import Between, Order, PlannedRequest

BODY = b"Hello, World!"
PLAIN = b"HTTP/1.1 200 OK\r\ncontent-length: 13\r\nx-served-by: 4711\r\n\r\n" + BODY
CHUNKED = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nHello\r\n8\r\n, World!\r\n0\r\n\r\n"
INTERIM = b"HTTP/1.1 100 Continue\r\n\r\n"
NO_BODY = b"HTTP/1.1 204 No Content\r\n\r\n"
LAST = b"HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 13\r\n\r\n" + BODY
OLD = b"HTTP/1.0 200 OK\r\ncontent-length: 13\r\n\r\n" + BODY
UNFRAMED = b"HTTP/1.1 200 OK\r\n\r\n" + BODY
WRONG = PLAIN.replace(b"World", b"Wurld")
OTHER_STATUS = b"HTTP/1.1 500 Internal Server Error\r\ncontent-length: 0\r\n\r\n"


def question(shot: PlannedRequest | None = None, *, keep_alive: bool = True) -> PreparedRequest:
    shot = shot or PlannedRequest(endpoint="plain", target="/plain", expect_body=BODY.decode())
    return PreparedRequest(shot, endpoint=0, host="localhost", port=8000, keep_alive=keep_alive)


def read(asked: PreparedRequest, *segments: bytes) -> JudgedResponse | None:
    reader = asked.reader(1, Chunks())
    try:
        verdicts = [asked.read(reader, segment, now_ns) for now_ns, segment in enumerate(segments)]
    finally:
        reader.close()
    return verdicts[-1]


def test_a_right_answer_is_ok_and_names_its_worker() -> None:
    assert JudgedResponse(Outcome.OK, 200, 13, 4711, closes=False) == read(question(), PLAIN)


@pytest.mark.parametrize("answer", [PLAIN, CHUNKED, INTERIM + PLAIN, LAST, OLD], ids=repr)
@given(data=st.data())
def test_cuts_between_segments_change_nothing(answer: bytes, data: st.DataObject) -> None:
    cuts = sorted(data.draw(st.lists(st.integers(1, len(answer) - 1), max_size=5, unique=True)))
    segments = [answer[start:end] for start, end in zip([0, *cuts], [*cuts, len(answer)], strict=True)]

    assert read(question(), answer) == read(question(), *segments)


def test_every_byte_apart_is_still_one_answer() -> None:
    segments = [PLAIN[index : index + 1] for index in range(len(PLAIN))]

    assert JudgedResponse(Outcome.OK, 200, 13, 4711, closes=False) == read(question(), *segments)


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        (PLAIN, Outcome.OK),
        (CHUNKED, Outcome.OK),
        (INTERIM + PLAIN, Outcome.OK),
        (WRONG, Outcome.BODY),
        (OTHER_STATUS, Outcome.STATUS),
        (NO_BODY, Outcome.STATUS),
        (PLAIN + PLAIN, Outcome.BODY),
        (PLAIN + b"garbage", Outcome.BODY),
    ],
)
def test_the_outcome_says_what_was_wrong(answer: bytes, outcome: Outcome) -> None:
    verdict = read(question(), answer)

    assert verdict is not None
    assert outcome == verdict.outcome


@pytest.mark.parametrize(
    ("answer", "closes"), [(PLAIN, False), (LAST, True), (OLD, True), (PLAIN + b"garbage", True), (NO_BODY, False)]
)
def test_the_connection_is_used_again_only_if_the_answer_lets_it(answer: bytes, closes: bool) -> None:
    verdict = read(question(), answer)

    assert verdict is not None
    assert closes == verdict.closes


@pytest.mark.parametrize(("expected", "closes"), [(200, True), (500, False)])
def test_a_connection_is_not_used_again_after_a_server_error_that_nobody_expects(expected: int, closes: bool) -> None:
    shot = PlannedRequest(endpoint="plain", target="/plain", expect_status=expected, any_body=True)
    verdict = read(question(shot), OTHER_STATUS)

    assert verdict is not None
    assert closes == verdict.closes


def test_without_keep_alive_no_answer_keeps_the_connection() -> None:
    verdict = read(question(keep_alive=False), PLAIN)

    assert verdict is not None
    assert verdict.closes


def test_an_answer_to_head_has_no_body_whatever_its_length_says() -> None:
    shot = PlannedRequest(endpoint="plain", target="/plain", method="HEAD")

    assert JudgedResponse(Outcome.OK, 200, 0, 4711, closes=False) == read(question(shot), PLAIN.removesuffix(BODY))


def test_an_answer_without_a_length_ends_with_its_connection() -> None:
    reader = HttpReader()
    reader.feed(UNFRAMED)

    assert (False, True) == (reader.complete, reader.end())
    assert bytes(reader.body) == BODY


def test_an_answer_that_is_cut_short_does_not_end_well() -> None:
    reader = HttpReader()
    reader.feed(PLAIN[:-1])

    assert not reader.end()


def test_what_is_not_http_is_refused() -> None:
    with pytest.raises(ValueError, match="Expected HTTP"):
        read(question(), b"220 mail.example.com ESMTP\r\n")


def test_an_answer_is_known_by_all_of_its_bytes() -> None:
    asked = question()
    verdict = read(asked, PLAIN)

    assert verdict == asked.known[PLAIN]
    assert WRONG not in asked.known


def test_a_first_segment_is_known_to_be_incomplete() -> None:
    asked = question()
    read(asked, PLAIN[:40], PLAIN[40:])

    assert asked.heads == {PLAIN[:40]}


def test_what_is_known_is_bounded() -> None:
    asked = question()
    for number in range(MAX_KNOWN + 10):
        read(asked, PLAIN.replace(b"4711", b"%d" % number))

    assert len(asked.known) <= MAX_KNOWN


def test_all_requests_of_an_order_remember_within_one_budget() -> None:
    answers = [PLAIN.replace(b"4711", b"%d" % number) for number in range(1000, 1010)]
    memory = Memory(at_most=len(PLAIN) * 4)
    shot = PlannedRequest(endpoint="plain", target="/plain", expect_body=BODY.decode())
    asked = [
        PreparedRequest(shot, endpoint=0, host="localhost", port=8000, keep_alive=True, memory=memory)
        for _ in range(len(answers))
    ]
    known = []
    for one, answer in zip(asked, answers, strict=True):
        read(one, answer)
        known.append(sum(len(each.known) for each in asked))

    assert [1, 2, 3, 4, 1, 2, 3, 4, 1, 2] == known


def test_the_requests_that_a_shot_varies_into_share_what_they_may_remember(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(request, "Memory", partial(Memory, at_most=len(PLAIN)))
    varying = PlannedRequest(endpoint="plain", target="/plain", vary={"n": Between(low=1, high=9)}, any_body=True)
    asked, _ = prepared_requests(order(varying))
    for one in asked:
        read(one, PLAIN)

    assert [asked[-1]] == [one for one in asked if one.known]


def test_without_an_expected_body_the_first_one_counts() -> None:
    asked = question(PlannedRequest(endpoint="plain", target="/plain"))
    verdicts = [read(asked, answer) for answer in (PLAIN, PLAIN, WRONG)]

    assert [Outcome.OK, Outcome.OK, Outcome.BODY] == [verdict.outcome for verdict in verdicts if verdict is not None]


def test_a_request_carries_its_headers_and_the_length_of_its_body() -> None:
    shot = PlannedRequest(endpoint="echo", target="/echo", method="POST", body="grüß", headers={"Accept": "text/plain"})
    head, _, body = question(shot).payload.partition(b"\r\n\r\n")

    assert head.split(b"\r\n") == [
        b"POST /echo HTTP/1.1",
        b"host: localhost:8000",
        b"accept: text/plain",
        b"user-agent: stacklab",
        b"content-length: 6",
    ]
    assert body == "grüß".encode()


def test_an_ipv6_address_is_named_in_brackets() -> None:
    shot = PlannedRequest(endpoint="plain", target="/plain")
    asked = PreparedRequest(shot, endpoint=0, host="::1", port=8000, keep_alive=True)

    assert b"host: [::1]:8000\r\n" in asked.payload


def order(*shots: PlannedRequest, seed: int = 1) -> Order:
    return replace(ORDER, host="localhost", port=8000, shots=shots, seed=seed)


def targets(asked: list[PreparedRequest]) -> list[str]:
    return [each.payload.split(b" ")[1].decode() for each in asked]


def test_a_varying_parameter_is_added_to_the_query() -> None:
    shot = PlannedRequest(
        endpoint="items", target="/items?sort=up", vary={"id": Between(low=5, high=7), "kind": ("a b",)}
    )
    asked, _ = prepared_requests(order(shot))

    assert set(targets(asked)) == {f"/items?sort=up&id={number}&kind=a+b" for number in (5, 6, 7)}


def test_a_seed_always_varies_in_the_same_way() -> None:
    shot = PlannedRequest(endpoint="items", target="/items", vary={"id": Between(low=0, high=10**6)})
    first, second, other = (targets(prepared_requests(order(shot, seed=seed))[0]) for seed in (1, 1, 2))

    assert first == second
    assert first != other


def test_a_shot_that_varies_keeps_its_weight() -> None:
    plain = PlannedRequest(endpoint="plain", target="/plain", weight=3)
    varied = PlannedRequest(endpoint="items", target="/items", vary={"id": Between(low=0, high=10**6)})
    asked, weights = prepared_requests(order(plain, varied))
    shares = [sum(w for q, w in zip(asked, weights, strict=True) if q.endpoint == endpoint) for endpoint in (0, 1)]

    assert shares == pytest.approx([3.0, 1.0])


def test_any_body_is_right_where_targets_vary() -> None:
    asked = question(PlannedRequest(endpoint="items", target="/items", vary={"id": Between(low=0, high=9)}))
    verdicts = [read(asked, answer) for answer in (PLAIN, WRONG)]

    assert [Outcome.OK, Outcome.OK] == [verdict.outcome for verdict in verdicts if verdict is not None]


@pytest.mark.parametrize(
    ("wrong", "key"),
    [
        ({"weight": 0}, "weight: 0 is below 1"),
        ({"target": "plain"}, "target: 'plain' is not a path"),
        ({"target": "/two words"}, "is not a path"),
        ({"target": "/caf\u00e9"}, "is not a path"),
        ({"target": "/ HTTP/1.1\r\nx: y"}, "is not a path"),
        ({"headers": {"x-y": "a\r\nb"}}, "headers.x-y: .* is not valid in a header"),
        ({"vary": {"id": ()}}, "vary.id: there is nothing to draw from"),
    ],
)
def test_a_shot_that_cannot_be_sent_is_refused_by_its_key(wrong: dict[str, Any], key: str) -> None:
    with pytest.raises(ValueError, match=key):
        PlannedRequest(**{"endpoint": "plain", "target": "/plain"} | wrong)


def answer(body: str) -> bytes:
    return f"HTTP/1.1 200 OK\r\ncontent-length: {len(body)}\r\n\r\n{body}".encode()


@pytest.mark.parametrize(
    ("body", "outcome"),
    [
        ('{"id":7,"a":"0007"}', Outcome.OK),
        ('{"id":8,"a":"0008"}', Outcome.BODY),
        ('{"id":77,"a":"0077"}', Outcome.BODY),
        ('{"id":7,"a":"0007"} ', Outcome.BODY),
        ("", Outcome.BODY),
    ],
)
def test_the_answer_to_a_query_that_varies_must_be_the_one_to_that_query(body: str, outcome: Outcome) -> None:
    shot = PlannedRequest(
        endpoint="row",
        target="/row?id=7",
        vary={"id": Between(low=1, high=9)},
        expect_pattern=r'\{"id":{id},"a":"\d{3}{id}"\}',
    )

    verdict = read(question(shot), answer(body))
    assert verdict is not None
    assert outcome == verdict.outcome


def test_a_value_in_a_pattern_is_taken_literally() -> None:
    shot = PlannedRequest(endpoint="echo", target="/echo?word=a.c%2B", expect_pattern="<{word}>")

    verdicts = [read(question(shot), answer(body)) for body in ("<a.c+>", "<abcc>")]
    assert [Outcome.OK, Outcome.BODY] == [verdict.outcome for verdict in verdicts if verdict is not None]


@pytest.mark.parametrize(("method", "head"), [("POST", b"content-length: 0"), ("GET", None)])
def test_a_request_that_may_have_a_body_says_that_it_has_none(method: str, head: bytes | None) -> None:
    request = question(PlannedRequest(endpoint="plain", target="/", method=method)).payload

    assert (head is not None) == (b"content-length" in request)
