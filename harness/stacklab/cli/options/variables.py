"""Environment variables: ``STACKLAB_RUN_PRESET`` gives --preset to ``run``, and so for every option."""

from typing import Final

import click

PREFIX: Final = "STACKLAB"


def name_variables(verb: str, command: click.Command) -> None:
    """Name the variable of each option after the command and the option; one that is shared comes after its own."""
    for parameter in command.params:
        if isinstance(parameter, click.Option):
            option = max(parameter.opts, key=len).lstrip("-").replace("-", "_")
            shared = [parameter.envvar] if isinstance(parameter.envvar, str) else []
            parameter.envvar = [f"{PREFIX}_{verb}_{option}".upper(), *shared]
