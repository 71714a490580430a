"""How a command is entered and left: its examples, what it needs, its exit status, and what is told if it fails."""

import os
import sys
from collections.abc import Callable
from functools import wraps
from importlib.util import find_spec
from typing import ParamSpec

import typer

from gatepost.cli.output import flush, tell
from gatepost.errors import GatepostError

__all__ = ["FINDING", "add_command", "check_client", "epilog", "family"]

FINDING = 1
"""The exit status of a command that found something."""
_UNUSABLE = 2

_Parameters = ParamSpec("_Parameters")


def family(app: typer.Typer, name: str, help: str) -> typer.Typer:
    """Commands below one name."""
    commands = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help=help)
    commands.callback()(lambda: None)  # a family of one is a family still
    app.add_typer(commands, name=name, help=help)
    return commands


def add_command(app: typer.Typer, name: str, command: Callable[_Parameters, None], *examples: str) -> None:
    """Add a command, whose help ends with examples that run as they stand."""
    app.command(name, epilog=epilog(*examples))(_told(command))


def epilog(*examples: str) -> str:
    """The end of a help text."""
    return "\n".join(["\b", "Examples:", *(f"  {example}" for example in examples)])


def check_client() -> None:
    """Raises :class:`~gatepost.errors.GatepostError` where no server can be asked."""
    if find_spec("httpx") is None:
        raise GatepostError(
            "asking a server needs httpx, which is not installed",
            id="cli.server.missing",
            remedy="pip install 'gatepost[server]'",
        )


def _told(command: Callable[_Parameters, None]) -> Callable[_Parameters, None]:
    """The command, which tells what Gatepost raises on purpose, and ends quietly when nobody reads on (``| head``)."""

    @wraps(command)
    def run(*args: _Parameters.args, **options: _Parameters.kwargs) -> None:
        try:
            _run_and_flush(lambda: command(*args, **options))
        except GatepostError as error:
            tell(f"gatepost: {error} ({error.id})")
            tell(f"  {error.remedy}")
            raise typer.Exit(_UNUSABLE) from error
        except BrokenPipeError as error:
            _discard_stdout()
            raise typer.Exit from error

    return run


def _run_and_flush(command: Callable[[], None]) -> None:
    try:
        command()
    finally:
        flush()


def _discard_stdout() -> None:
    """What is still in stdout's buffer goes nowhere, without a complaint at exit."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)
