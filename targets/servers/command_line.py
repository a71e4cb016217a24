"""What the launchers beside this file are asked to serve: ``module:attribute --bind host:port``."""

import argparse
import importlib
from typing import Any


class Asked:
    """The command line of a launcher; further options are declared by their defaults, as ``threads=8``.

    ``keep_alive_s=75`` is ``--keep-alive-s``, and ``access_log=False`` a word without a value.
    """

    def __init__(self, server: str, **defaults: str | int) -> None:
        parser = argparse.ArgumentParser(prog=server)
        parser.add_argument("app", help="module:attribute")
        parser.add_argument("--bind", required=True, help="host:port")
        for name, default in defaults.items():
            option = f"--{name.replace('_', '-')}"
            if default is False:
                parser.add_argument(option, action="store_true")
            else:
                parser.add_argument(option, type=type(default), default=default)
        self.options = parser.parse_args()
        host, _, port = self.options.bind.rpartition(":")
        self.host: str = host
        self.port = int(port)

    def app(self) -> Any:
        """Import the app. Called late, so that green threads are patched in before."""
        module, _, attribute = self.options.app.partition(":")
        return getattr(importlib.import_module(module), attribute)
