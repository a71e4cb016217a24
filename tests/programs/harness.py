"""A harness in miniature: a server with workers, locust and py-spy under one supervisor. It waits to be killed.

Arguments: the folder of the programs, a folder for logs.
"""

import signal
import sys
from pathlib import Path

from stacklab.catalog.workspace import reference
from stacklab.effects.clock import wait_for
from stacklab.effects.driver import Driver
from stacklab.effects.processes.supervisor import Supervisor
from stacklab.effects.profiler import _program
from stacklab.procfs import tree

programs, logs = map(Path, sys.argv[1:])
with Supervisor() as supervisor:
    server = supervisor.spawn([sys.executable, str(programs / "family.py")], name="server", log=logs / "server.log")
    driver = Driver.start(
        supervisor, locustfile=reference() / "scenarios" / "users" / "http.py", log=logs / "driver.log"
    )
    driver.wait_until_ready()
    profiler = supervisor.spawn(
        [str(_program()), "record", "--pid", str(driver.pid), "--duration", "600", "--output", str(logs / "profile")],
        name="py-spy",
        log=logs / "profiler.log",
    )
    wait_for(lambda: "Sampling" in "".join(profiler.tail()) or None, deadline_s=20)
    members = [line.split()[1] for line in server.tail() if line.startswith("member")]
    print("alive", *members, *tree(server.pid), *tree(driver.pid), profiler.pid, flush=True)
    signal.pause()
