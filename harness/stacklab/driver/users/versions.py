"""What takes part in sending, for the report."""

from platform import python_version

import gevent  # type: ignore[import-untyped] # gevent has no types
import httptools
import locust


def versions() -> dict[str, str]:
    """Name each with its version, as it is loaded."""
    return {
        "python": python_version(),
        "locust": locust.__version__,
        "gevent": gevent.__version__,
        "httptools": httptools.__version__,
    }
