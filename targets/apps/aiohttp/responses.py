"""Answers in JSON without blanks, for all handlers in aiohttp."""

import json
from functools import partial

from aiohttp import web

json_response = partial(web.json_response, dumps=partial(json.dumps, separators=(",", ":")))
