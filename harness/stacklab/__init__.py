"""stacklab: which Python web stack serves this work best, and can the numbers be believed.

``stacklab.load(session)`` and ``stacklab.sessions(folder)`` read results as pandas DataFrames. Both are imported when
they are first used, so that the command line does not wait for pandas.
"""

from typing import TYPE_CHECKING, Any

from stacklab.version import __version__

if TYPE_CHECKING:
    from stacklab.frames import Session, Sessions, load, metrics, sessions

__all__ = ["Session", "Sessions", "__version__", "load", "metrics", "sessions"]


def __getattr__(name: str) -> Any:
    """Import the frames when one of their names is first asked for."""
    if name in __all__:
        from stacklab import frames  # noqa: PLC0415 (pandas takes half a second, and only readers of results need it)

        return getattr(frames, name)
    raise AttributeError(f"module 'stacklab' has no attribute {name!r}")


def __dir__() -> list[str]:
    """The public names."""
    return __all__
