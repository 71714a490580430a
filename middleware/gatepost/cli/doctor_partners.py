"""What ``gatepost doctor`` sees of the keys of partners' crawlers."""

from collections.abc import Iterable

from gatepost.cli.findings import Finding, ok, warning
from gatepost.cli.inputs import with_gate
from gatepost.errors import GatepostError

__all__ = ["key_findings"]


def key_findings(database: str | None) -> Iterable[Finding]:
    """A finding where some partner has a key."""
    from gatepost.partners import KeyVerifier

    keyed = [partner.id for partner in with_gate(database, lambda gate: gate.partners.all()) if partner.keys]
    if not keyed:
        return
    try:
        KeyVerifier().check()
    except GatepostError as error:
        yield warning(error.id, f"{error}; keys of {', '.join(keyed)}", error.remedy)
    else:
        yield ok("partners.keys", f"crawlers of {', '.join(keyed)} may prove to be theirs by their keys")
