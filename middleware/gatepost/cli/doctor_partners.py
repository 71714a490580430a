"""What ``gatepost doctor`` sees of keys: those of partners' crawlers, and the one that notices are signed with."""

from collections.abc import Iterable
from pathlib import Path

from gatepost.cli.findings import Finding, fault, ok, warning
from gatepost.cli.inputs import with_gate
from gatepost.errors import GatepostError

__all__ = ["key_findings", "notice_key_findings"]


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


def notice_key_findings(file: Path) -> Iterable[Finding]:
    """Whether notices can be signed with the key that is set for it."""
    from gatepost.sources import PrivateKey

    try:
        PrivateKey.read(file)
    except GatepostError as error:
        yield fault("notices.key", f"no notice can be pushed, as notice_key cannot be used: {error}", error.remedy)
    else:
        yield ok("notices.key", f"notices are signed with the key in {file}")
