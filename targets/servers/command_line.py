"""What the launchers beside this file are asked to serve: ``module:attribute --bind host:port``."""

import argparse
import importlib
import sys
from pathlib import Path
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

    def source(self, ending: str) -> Path:
        """The file of an app that is not Python, found where its module would be: in the folders of ``PYTHONPATH``."""
        name = self.options.app.partition(":")[0] + ending
        found = next((Path(folder, name) for folder in sys.path if Path(folder, name).is_file()), None)
        if found is None:
            raise FileNotFoundError(f"no {name} in the folders of PYTHONPATH")
        return found
