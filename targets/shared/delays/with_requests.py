"""Asks the delay service with requests, the HTTP client of most WSGI apps: one session, whose connections are kept."""

from __future__ import annotations

import os

import requests
from requests.adapters import HTTPAdapter

KEPT = 100
"""More connections than any load here has requests at once: with its 10, requests would throw the others away."""

session = requests.Session()
session.mount("http://", HTTPAdapter(pool_maxsize=KEPT))


def wait(ms: int) -> None:
    """Wait for an answer that takes so many milliseconds."""
    session.get(os.environ["DELAYS_URL"], params={"ms": ms}, timeout=30).raise_for_status()
