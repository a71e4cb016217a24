"""``--app`` of commands that change one thing of it themselves: a single app, in a single way."""

from functools import wraps
from typing import Any, cast

import click

from stacklab.cli.options.app import AppOptions
from stacklab.cli.options.fields import Command, options_of
from stacklab.cli.options.order import given_order
from stacklab.errors import UsageError


def one_app_options(command: Command) -> Command:
    """Describe an app of the user's own; the command gets it as ``own``, or None where no app is named."""

    @wraps(command)
    def with_app(*, own: AppOptions, **rest: Any) -> Any:
        found = own.described(order=given_order(click.get_current_context()))
        if len(found) > 1:
            raise UsageError("--app and --env: name one app and one value of each variable; `stacklab run` takes more")
        return command(own=found[0].own if found else None, **rest)

    return cast("Command", options_of(AppOptions, "own", planned=True)(with_app))
