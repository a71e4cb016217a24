"""Results as pandas DataFrames: one session, or a folder of them."""

from stacklab.frames.session import Session, load, metrics
from stacklab.frames.sessions import Sessions, sessions

__all__ = ["Session", "Sessions", "load", "metrics", "sessions"]
