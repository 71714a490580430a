"""``gatepost partners``: who is handed content under a licence."""

import typer

from gatepost.cli.commands import add_command, family
from gatepost.cli.partner_simulator import simulate

__all__ = ["register"]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    partners = family(app, "partners", "Data partners: who is handed content under a licence, and how they are told.")
    add_command(
        partners,
        "simulate",
        simulate,
        "gatepost partners simulate --secret whsec_MTIzNDU2Nzg5MDEyMzQ1Njc4OTAxMjM0 --port 8090",
        "gatepost partners simulate --secret whsec_MTIzNDU2Nzg5MDEyMzQ1Njc4OTAxMjM0 --receipts acme --token gpo_...",
    )
