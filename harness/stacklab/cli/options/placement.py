"""Where servers and driver run: processors, the port, the database."""

from dataclasses import dataclass

import click

from stacklab.cli.options.fields import declared, options_of
from stacklab.cli.options.redaction import as_given
from stacklab.cli.options.types import Cpus


@dataclass(frozen=True, kw_only=True, slots=True)
class Placement:
    """Where servers and driver run, as far as the options say; None: as stacklab chooses."""

    postgres: str | None = declared(
        "--postgres", metavar="DSN", help="Use this PostgreSQL instead of starting one when it is needed."
    )
    server_cpus: tuple[int, ...] | None = declared(
        "--server-cpus", type=Cpus(), kept=as_given, help="Processors to run the server on, such as 0 or 0,2-3."
    )
    driver_cpus: tuple[int, ...] | None = declared(
        "--driver-cpus", type=Cpus(), kept=as_given, help="Processors to run the driver (the load generator) on."
    )
    port: int | None = declared(
        "--port",
        type=click.IntRange(1, 65535),
        metavar="N",
        kept=as_given,
        help="Port of every server (default: a free one each time).",
    )


machine_options = options_of(Placement, "placement")

cpu_options = options_of(Placement, "placement", only={"server_cpus": "", "driver_cpus": ""})
