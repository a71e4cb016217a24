"""A locustfile that speaks the driver's protocol and sends nothing; what goes wrong is named by ``STAND_IN``.

It does its work when locust imports it and leaves without locust.
"""

import json
import os
import signal
import socket
import sys

behaviour = os.environ["STAND_IN"]
control = socket.socket(fileno=int(sys.argv[sys.argv.index("--control-fd") + 1]))
lines = control.makefile("r")


def say(event: str, **fields: object) -> None:
    control.sendall(json.dumps({"event": event, **fields}).encode() + b"\n")


if behaviour == "dies at once":
    sys.exit("no module named so")
say("ready")
with open(json.loads(lines.readline())["order"], encoding="utf-8") as order:  # noqa: PTH123 (simplest)
    report_path = json.load(order)["report_path"]
match behaviour:
    case "dies":
        os._exit(9)
    case "is mute":
        signal.pause()
    case "fails":
        say("failed", reason="the server is gone")
    case "babbles":
        control.sendall(b"hello\n")
    case "skips":
        say("done")
    case "has no phases":
        say("spans", spans=[{"phase": "lunch"}])
    case "leaves no report":
        say("spans", spans=[])
        say("done")
signal.pause()
