"""Records that tests begin with, and change by ``replace``: what a test is about stands in the test."""

from stacklab.model.measured.record import Host
from stacklab.model.stack import Family, Interface, Stack, Waits
from stacklab.model.traffic.load import Closed
from stacklab.model.traffic.order import Order

HOST = Host(
    system="Linux",
    machine="x86_64",
    processor="abacus",
    cores=2,
    memory_bytes=1,
    governor=None,
    turbo=None,
    virtual=None,
    clock_source="tsc",
)

WSGI = Stack(
    name="stack",
    summary="",
    family=Family.PROCESSES,
    interface=Interface.WSGI,
    waits=Waits.BLOCKING,
    app="a:b",
    argv=("{python}", "{port}"),
    requirements=(),
)

ASGI = Stack(
    name="stack",
    summary="",
    family=Family.EVENT_LOOP,
    interface=Interface.ASGI,
    waits=Waits.COOPERATIVE,
    app="a:b",
    argv=("{python}", "{port}"),
    requirements=(),
)

ORDER = Order(
    host="127.0.0.1",
    port=0,
    shots=(),
    load=Closed(connections=1),
    warmup_s=0.0,
    measure_s=1.0,
    drain_s=1.0,
    timeout_s=1.0,
    keep_alive=True,
    seed=1,
    rows_path="",
    report_path="",
)
"""It goes nowhere: a test that sends it says where, and who leaves what in which file."""
