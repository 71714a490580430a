"""``gatepost signatures``: keep the signature file right, and put it in force. Each command has a module of its own."""

import typer

from gatepost.cli import (
    signature_addresses,
    signature_changelog,
    signature_diff,
    signature_import,
    signature_lint,
    signature_releases,
    signature_replay,
    signature_trial,
    signature_unknown,
)
from gatepost.cli.commands import family

__all__ = ["register"]


def register(app: typer.Typer) -> None:
    """Add the commands, in the order in which they are used."""
    signatures = family(app, "signatures", "Keep the signature file right, and put it in force.")
    for room in (
        signature_unknown,
        signature_import,
        signature_lint,
        signature_trial,
        signature_replay,
        signature_diff,
        signature_releases,
        signature_addresses,
        signature_changelog,
    ):
        room.register(signatures)
