"""curl commands become requests, whether a browser wrote them or somebody did."""

from pathlib import Path

import pytest

from stacklab.catalog.traffic import curl
from stacklab.errors import UsageError
from stacklab.model.own_app import RequestSpec

CHROMIUM = r"""curl 'http://localhost:8000/orders?page=2' \
  -H 'Accept: application/json' \
  -H 'Accept-Language: en-GB,en;q=0.9' \
  -b 'sid=abc; theme=dark' \
  -H 'Connection: keep-alive' \
  -H 'Referer: http://localhost:8000/' \
  -H 'Sec-Fetch-Mode: cors' \
  -H 'User-Agent: Mozilla/5.0' \
  -H 'accept-encoding: gzip, deflate, br, zstd' ;
curl 'http://localhost:8000/orders' \
  -H 'Content-Type: application/json' \
  -H 'Origin: http://localhost:8000' \
  --data-raw $'{"note":"it\'s \u0021"}' ;
curl 'http://localhost:8000/orders?page=2' \
  -H 'Accept: application/json' \
  -H 'Accept-Language: en-GB,en;q=0.9' \
  -b 'sid=abc; theme=dark' \
  -H 'accept-encoding: gzip, deflate, br, zstd'
"""


def one(text: str) -> RequestSpec:
    (spec,) = curl.requests(text, source="here")
    return spec


def post(path: str, body: str, content_type: str | None = "application/x-www-form-urlencoded") -> RequestSpec:
    headers = {} if content_type is None else {"content-type": content_type}
    return RequestSpec(path=path, method="POST", body=body, headers=headers, changes=True)


def test_what_a_browser_copies_is_sent_without_what_belongs_to_the_browser() -> None:
    assert (
        RequestSpec(
            path="/orders?page=2",
            headers={
                "accept": "application/json",
                "accept-language": "en-GB,en;q=0.9",
                "cookie": "sid=abc; theme=dark",
                "accept-encoding": "gzip, deflate",
            },
            weight=2,
        ),
        post("/orders", '{"note":"it\'s !"}', "application/json"),
    ) == curl.requests(CHROMIUM, source="here")


@pytest.mark.parametrize(
    ("command", "spec"),
    [
        ("curl localhost:8000", RequestSpec(path="/")),
        ("curl -sS http://localhost/a?b=c", RequestSpec(path="/a?b=c")),
        ("curl -I http://localhost/a", RequestSpec(path="/a", method="HEAD")),
        ("curl -XDELETE http://localhost/a", RequestSpec(path="/a", method="DELETE", changes=True)),
        ("curl http://localhost/a -d a=1 -d b=2", post("/a", "a=1&b=2")),
        ("curl http://localhost/a?x=1 -G -d a=1 --data-urlencode 'b=ü &'", RequestSpec(path="/a?x=1&a=1&b=%C3%BC+%26")),
        ("curl --url http://localhost/a --data-urlencode '=ü'", post("/a", "%C3%BC")),
        ("curl http://localhost/a -u ann:pw", RequestSpec(path="/a", headers={"authorization": "Basic YW5uOnB3"})),
        ("curl http://localhost/a --compressed", RequestSpec(path="/a", headers={"accept-encoding": "gzip, deflate"})),
        ("curl http://localhost/a -H 'X-Tenant: acme'", RequestSpec(path="/a", headers={"x-tenant": "acme"})),
        ("curl http://me:pw@localhost/a", RequestSpec(path="/a")),
        ("curl -X PUT http://localhost/a --data '{}' -H 'content-type: text/json'",
         RequestSpec(path="/a", method="PUT", body="{}", headers={"content-type": "text/json"}, changes=True)),
    ],
)  # fmt: skip
def test_a_command_is_one_request(command: str, spec: RequestSpec) -> None:
    assert spec == one(command)


def test_json_has_its_types() -> None:
    assert {"content-type": "application/json", "accept": "application/json"} == dict(
        one("curl --json '{}' http://localhost/a").headers
    )


def test_a_body_comes_from_a_file_with_its_lines_or_without(tmp_path: Path) -> None:
    (tmp_path / "body").write_text("a\nb\n")

    bodies = [one(f"curl http://localhost/ {how} @{tmp_path / 'body'}").body for how in ("-d", "--data-binary")]

    assert ["ab", "a\nb\n"] == bodies


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "here: contains no curl command"),
        ("wget http://localhost/", "here: 'wget' is not a curl command"),
        ("curl 'http://localhost/", "here: a quotation mark is not closed"),
        ("curl http://a/ ; curl http://b/", "here: its commands go to a and b; keep those of your app"),
        ("curl", "here: curl command 1: it has 0 addresses instead of one"),
        ("curl http://a/\ncurl http://a/ http://a/b", "here: curl command 2: it has 2 addresses instead of one"),
        ("curl http://[/", "here: curl command 1: Invalid IPv6 URL"),
        ("curl --unheard-of http://a/", "here: curl command 1: unrecognized arguments: --unheard-of"),
        ("curl -F a=@b http://a/", "here: curl command 1: a form with files"),
        ("curl -b jar.txt http://a/", "here: curl command 1: a file of cookies"),
        ("curl -d @nowhere http://a/", "here: curl command 1: nowhere: cannot be read as text (No such file"),
    ],
)
def test_what_cannot_be_sent_is_told(text: str, says: str) -> None:
    with pytest.raises(UsageError) as refused:
        curl.requests(text, source="here")

    assert str(refused.value).startswith(says)
