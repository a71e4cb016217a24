"""What all handlers in Tornado share: the count, the name of the worker, parameters, and errors in JSON."""

# ruff: noqa: D102 (methods are named by Tornado)

from collections.abc import Callable
from typing import Any, TypeVar

from tornado.web import HTTPError, RequestHandler

import work

Parsed = TypeVar("Parsed")


class Answering(RequestHandler):
    """Counts each request, names the worker in each response, and answers errors in JSON."""

    def prepare(self) -> None:
        work.tally.add_one()

    def set_default_headers(self) -> None:
        self.set_header("x-served-by", work.served_by())

    def json(self, document: dict[str, Any]) -> None:
        """Tornado's own JSON has blanks."""
        self.set_header("content-type", "application/json")
        self.finish(work.compact_json(document))

    def asked(self, name: str, parse: Callable[[str | None], int]) -> int:
        """Read a parameter."""
        return self.taken(parse, self.get_query_argument(name, None))

    def taken(self, parse: Callable[..., Parsed], *given: Any) -> Parsed:
        """Parse what was sent; what the work refuses is refused by Tornado too."""
        try:
            return parse(*given)
        except work.BadParameterError as error:
            raise HTTPError(400, reason=str(error)) from error
        except work.TooLargeError as error:
            raise HTTPError(413, reason=str(error)) from error

    def write_error(self, status_code: int, **kwargs: Any) -> None:  # noqa: ARG002 (Tornado passes both)
        self.json({"error": self._reason})


class NotFound(Answering):
    """Every path that has no handler."""

    def prepare(self) -> None:
        super().prepare()
        raise HTTPError(404)
