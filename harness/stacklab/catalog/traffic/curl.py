"""curl commands, as browsers copy them ("Copy as cURL", "Copy all as cURL") and as people write them."""

import argparse
import base64
import re
import shlex
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Final, NoReturn
from urllib.parse import quote_plus, urlsplit

from stacklab.errors import UsageError
from stacklab.model.own_app import READING, RequestSpec

OF_THE_BROWSER: Final = frozenset({
    "connection", "content-length", "dnt", "host", "origin", "priority", "referer", "trailer",
    "upgrade-insecure-requests", "user-agent",
})  # fmt: skip
"""Headers that are not sent: they belong to the connection, to the browser, or to the host that the app had there."""

PACKINGS: Final = "gzip, deflate"
"""Instead of what a browser accepts: bodies are compared unpacked, and these can be unpacked."""

_QUOTED: Final = re.compile(
    r"""'[^']*' | "(?:[^"\\]|\\.)*" | \$'(?P<ansi>(?:[^'\\]|\\.)*)' | (?P<continued>\\\r?\n) | (?P<end>\r?\n)""",
    re.VERBOSE | re.DOTALL,
)

_SEPARATORS: Final = frozenset(";&|")

_FLAGS: Final = (
    "-k", "-s", "-S", "-v", "-i", "-L", "-f", "-g", "-N", "-#", "--insecure", "--silent", "--show-error", "--verbose",
    "--include", "--location", "--fail", "--globoff", "--no-buffer", "--http1.0", "--http1.1", "--http2", "--ipv4",
    "--ipv6", "-4", "-6", "--path-as-is", "--no-progress-meter",
)  # fmt: skip
_OTHER_VALUES: Final = (
    "-m", "--max-time", "--connect-timeout", "-o", "--output", "-w", "--write-out", "--retry", "-x", "--proxy",
    "-c", "--cookie-jar", "--resolve", "--cacert",
)  # fmt: skip
"""Options of curl that do not change the request."""


_SIGNS: Final = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f", "v": "\v", "a": "\a", "0": "\0"}
"""Behind the backslash in ``$'…'``."""


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise UsageError(message)


def _parser() -> _Parser:
    parser = _Parser(add_help=False, allow_abbrev=False)
    parser.add_argument("urls", nargs="*")
    parser.add_argument("--url", action="append", dest="urls_named", default=[])
    parser.add_argument("-X", "--request")
    parser.add_argument("-H", "--header", action="append", default=[])
    parser.add_argument("-b", "--cookie", action="append", default=[])
    parser.add_argument("-A", "--user-agent")
    parser.add_argument("-e", "--referer")
    parser.add_argument("-u", "--user")
    parser.add_argument("-G", "--get", action="store_true")
    parser.add_argument("-I", "--head", action="store_true")
    parser.add_argument("--compressed", action="store_true")
    parser.add_argument("-d", "--data", "--data-ascii", dest="data", action="append", type=_plain, default=[])
    parser.add_argument("--data-raw", dest="data", action="append")
    parser.add_argument("--data-binary", dest="data", action="append", type=_binary)
    parser.add_argument("--data-urlencode", dest="data", action="append", type=_encoded)
    parser.add_argument("--json", action="append", type=_binary)
    parser.add_argument("-F", "--form", action="append")
    for names, how in ((_FLAGS, "store_true"), (_OTHER_VALUES, "store")):
        for name in names:
            parser.add_argument(name, action=how, dest="ignored")
    return parser


def requests(text: str, *, source: str) -> tuple[RequestSpec, ...]:
    """Each request once, with its number as weight, in the order of the commands.

    Raises UsageError, which names the ``source`` and the command by its number, for what cannot be sent.
    """
    found: Counter[str] = Counter()
    specs: dict[str, RequestSpec] = {}
    hosts: dict[str, None] = {}
    for number, words in enumerate(_commands(text, source), start=1):
        try:
            host, spec = _request(words)
        except (UsageError, ValueError) as error:
            raise UsageError(f"{source}: curl command {number}: {error}") from error
        hosts[host] = None
        key = repr(spec)
        specs[key] = spec
        found[key] += 1
    if not specs:
        raise UsageError(f"{source}: contains no curl command")
    if len(hosts) > 1:
        raise UsageError(f"{source}: its commands go to {' and '.join(hosts)}; keep those of your app")
    return tuple(replace(spec, weight=found[key]) for key, spec in specs.items())


def _commands(text: str, source: str) -> Iterator[list[str]]:
    """The words of each command, without its name."""
    lexer = shlex.shlex(_QUOTED.sub(_plainly, text), posix=True, punctuation_chars="".join(_SEPARATORS))
    lexer.whitespace_split = True
    lexer.commenters = ""
    command: list[str] = []
    try:
        words = [*lexer, ";"]
    except ValueError as error:
        raise UsageError(f"{source}: a quotation mark is not closed; copy the whole command") from error
    for word in words:
        if word and not set(word) <= _SEPARATORS:
            command.append(word)
            continue
        if command[:1] == ["curl"]:
            yield command[1:]
        elif command:
            raise UsageError(
                f"{source}: {command[0]!r} is not a curl command; copy it as cURL (bash), one command after the other"
            )
        command = []


def _plainly(found: re.Match[str]) -> str:
    """What bash writes in ways that shlex does not read: ``$'…'``, continued lines, and lines as ends of commands."""
    if found["ansi"] is not None:
        return shlex.quote(_unescaped(found["ansi"]))
    if found["continued"] is not None:
        return " "
    return found[0] if found["end"] is None else " ; "


def _unescaped(text: str) -> str:
    """The text of ``$'…'``."""
    return re.sub(
        r"\\(?:[ux](?P<code>[0-9A-Fa-f]{2,4})|(?P<sign>.))",
        lambda found: chr(int(found["code"], 16)) if found["code"] else _SIGNS.get(found["sign"], found["sign"]),
        text,
        flags=re.DOTALL,
    )


def _request(words: Iterable[str]) -> tuple[str, RequestSpec]:
    """The host of a command, and what it sends there."""
    said = _parser().parse_args(list(words))
    if said.form:
        raise UsageError("a form with files (-F) is not supported; send its body with --data-binary and its header")
    urls = [*said.urls, *said.urls_named]
    if len(urls) != 1:
        raise UsageError(f"it has {len(urls)} addresses instead of one")
    url = urlsplit(urls[0] if "://" in urls[0] else f"http://{urls[0]}")
    headers = _headers(said)
    data = "".join(said.json) if said.json else "&".join(said.data)
    query = url.query
    if said.get and data:
        query, data = "&".join(filter(None, (query, data))), ""
    elif said.json:
        headers = {"content-type": "application/json", "accept": "application/json"} | headers
    elif data:
        headers = {"content-type": "application/x-www-form-urlencoded"} | headers
    method = (said.request or ("HEAD" if said.head else "POST" if data else "GET")).upper()
    path = (url.path or "/") + (f"?{query}" if query else "")
    return url.netloc.rpartition("@")[2], RequestSpec(
        path=path, method=method, headers=headers, body=data, changes=method not in READING
    )


def _headers(said: argparse.Namespace) -> dict[str, str]:
    pairs = (header.partition(":") for header in said.header)
    headers = {name.strip().lower(): value.strip() for name, _, value in pairs if value.strip()}
    headers = {
        name: value
        for name, value in headers.items()
        if name not in OF_THE_BROWSER and not name.startswith(("sec-", ":"))
    }
    for cookie in said.cookie:
        if "=" not in cookie:
            raise UsageError("a file of cookies (-b FILE) is not read; write the cookies, as in -b 'name=value'")
        headers["cookie"] = "; ".join(filter(None, (headers.get("cookie"), cookie)))
    if said.user is not None:
        headers["authorization"] = f"Basic {base64.b64encode(said.user.encode()).decode()}"
    if said.compressed or "gzip" in headers.get("accept-encoding", ""):
        headers["accept-encoding"] = PACKINGS
    return headers


def _plain(value: str) -> str:
    """As ``-d`` reads it: a file without its line ends."""
    return re.sub(r"[\r\n]", "", _binary(value)) if value.startswith("@") else value


def _binary(value: str) -> str:
    if not value.startswith("@"):
        return value
    try:
        return Path(value[1:]).read_text(encoding="utf-8")
    except (OSError, ValueError) as error:
        raise UsageError(
            f"{value[1:]}: cannot be read as text ({getattr(error, 'strerror', None) or error})"
        ) from error


def _encoded(value: str) -> str:
    """As ``--data-urlencode`` sends it: NAME=CONTENT, =CONTENT or CONTENT."""
    name, equals, content = value.partition("=")
    return f"{name}{'=' if name else ''}{quote_plus(content)}" if equals else quote_plus(value)
