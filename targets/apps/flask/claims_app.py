"""The Flask app of the contract, and beside it what the claims ask of a WSGI worker."""

from flask import request

import claims_work
import work
from app import app


@app.get("/claims/block")
def block() -> dict[str, int]:
    return claims_work.block(work.parse_ms(request.args.get("ms")))


@app.get("/claims/call-then-block")
def call_then_block() -> dict[str, int]:
    """Wait as the worker can, which under gevent lets others in, and then as nobody can see."""
    ms = work.parse_ms(request.args.get("ms"))
    work.wait_blocking(work.parse_ms(request.args.get("call_ms")))
    return claims_work.block(ms)
