"""HAR files, as browsers save them: the requests to the host that was asked most."""

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any, Final
from urllib.parse import SplitResult, urlsplit

from stacklab.catalog.traffic.gathering import Gathering

KEPT: Final = frozenset({"accept", "accept-encoding", "accept-language", "authorization", "cookie", "range"})
"""Headers that change what is answered; those named ``x-`` may, too. The others tell of the browser."""

PACKINGS: Final = "gzip, deflate"
"""Instead of what a browser takes: answers are compared, and these can be unpacked."""


def is_one(document: Any) -> bool:
    """Whether it has the form of a HAR file."""
    log = document.get("log") if isinstance(document, dict) else None
    return isinstance(log, dict) and isinstance(log.get("entries"), list)


def gather(document: Any, gathering: Gathering) -> None:
    """The requests to the host of most of them."""
    requests = list(_requests(document, gathering))
    hosts = Counter(url.netloc for _, url in requests)
    most = hosts.most_common(1)[0][0] if hosts else ""
    for request, url in requests:
        if url.netloc != most:
            gathering.leave_out(f"to another host than {most}")
        elif url.scheme not in {"http", "https"}:
            gathering.leave_out(f"by {url.scheme}")
        else:
            path = (url.path or "/") + (f"?{url.query}" if url.query else "")
            gathering.add(request["method"], path, _headers(request))


def _requests(document: Any, gathering: Gathering) -> Iterator[tuple[Mapping[str, Any], SplitResult]]:
    """The requests with their addresses."""
    for entry in document["log"]["entries"]:
        request = entry.get("request") if isinstance(entry, dict) else None
        if (
            not isinstance(request, dict)
            or not isinstance(request.get("url"), str)
            or not isinstance(request.get("method"), str)
        ):
            gathering.leave_out("without a method and an address")
            continue
        try:
            url = urlsplit(request["url"])
        except ValueError:
            gathering.leave_out("with an address that cannot be read")
        else:
            yield request, url


def _headers(request: Mapping[str, Any]) -> dict[str, str]:
    headers = request.get("headers")
    pairs = {
        str(header.get("name", "")).lower(): str(header.get("value", ""))
        for header in (headers if isinstance(headers, list) else ())
        if isinstance(header, dict)
    }
    kept = {name: value for name, value in pairs.items() if name in KEPT or name.startswith("x-")}
    return kept | ({"accept-encoding": PACKINGS} if "gzip" in kept.get("accept-encoding", "") else {})
