"""Werkzeug's development server, without threads and without its line for each request."""

from werkzeug.serving import WSGIRequestHandler, run_simple

from servers.command_line import Asked


class Quiet(WSGIRequestHandler):
    """Serves as always, and writes no access log."""

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Stay silent."""


asked = Asked("werkzeug")
run_simple(asked.host, asked.port, asked.app(), threaded=False, request_handler=Quiet)
