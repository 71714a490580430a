"""``gatepost signatures``: keep the signature file right. Each command has a module of its own."""

import typer

from gatepost.cli import signature_changelog, signature_diff, signature_import, signature_lint, signature_trial
from gatepost.cli.commands import family

__all__ = ["register"]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    signatures = family(app, "signatures", "Keep the signature file right.")
    signature_changelog.register(signatures)
    signature_import.register(signatures)
    signature_lint.register(signatures)
    signature_trial.register(signatures)
    signature_diff.register(signatures)
