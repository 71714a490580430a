"""The commands: ``gatepost`` at the shell, a module for each family.

Rules: exit 0 fine, 1 a finding, 2 usage or unreadable input; an error of Gatepost's own is one line with its id and
one with the remedy, on stderr; what machines read goes to stdout as it is, uncoloured and unwrapped. What takes long
to import is imported inside the command that needs it.
"""

from typing import Annotated

import typer

from gatepost.cli import (
    classify,
    doctor,
    explain,
    export_gate,
    openapi,
    owners,
    partners,
    preview,
    record,
    robots,
    serve,
    signatures,
    sites,
    tokens,
)
from gatepost.cli.commands import epilog
from gatepost.cli.output import write

__all__ = ["app", "main"]

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog=epilog(
        "gatepost sites add blog.example --alias www.blog.example",
        "gatepost sites set blog.example ai-training=block partner-sharing=refuse",
        "gatepost preview --site blog.example",
        "gatepost explain --site blog.example --user-agent GPTBot/1.4",
    ),
)


def _show_version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import PackageNotFoundError, version

        try:
            write(f"gatepost {version('gatepost')}\n")
        except PackageNotFoundError:
            write("gatepost, run from its source\n")
        raise typer.Exit


@app.callback()
def gatepost(
    version: Annotated[
        bool, typer.Option("--version", help="Show the version.", callback=_show_version, is_eager=True)
    ] = False,
) -> None:
    """Access control for AI crawlers: one decision of a site's owner, kept at every door.

    Exit status: 0 fine, 1 a finding, 2 usage or unreadable input.
    """


for _family in (
    classify,
    explain,
    preview,
    sites,
    record,
    owners,
    tokens,
    partners,
    robots,
    signatures,
    export_gate,
    openapi,
    doctor,
    serve,
):
    _family.register(app)


def main() -> None:
    """Run the command that the shell was given."""
    app()
