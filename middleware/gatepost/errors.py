"""Every error that Gatepost raises on purpose, as one tree.

    GatepostError
    ├── AmbiguousRequest        a request that could be read in two ways; a door answers 400
    ├── SignatureFileError      crawler_signatures.yaml holds faults; carries all of them
    ├── ReleaseRefused          a signature set that may not be released, or taken up, as it is
    ├── CorpusError             user agents that a signature file is tried on, and that are not what they should be
    ├── StatementError          an owner's wish that cannot be written down as asked
    │   └── ConfirmationNeeded  it can be, after a separate, named confirmation
    ├── SettingsError           settings that would not do what their author meant
    ├── CredentialRefused       nobody is let in by what was shown
    ├── AccessDenied            who was let in may not do this
    ├── TooManyRequests         somebody asks, or fails to come in, too often
    ├── RequestRefused          a request to the control API or for a page that cannot be taken up as it is
    ├── ExportRefused           nothing is handed over to a partner
    ├── PartnerError            a partner that could not be kept to its licence, or is not there
    ├── ReceiptRefused          what a partner says of a notice cannot be so
    ├── IdentityRefused         a request does not prove to come from a data partner
    ├── OutwardError            nothing that can be used was answered from outside
    ├── AddressListError        an operator's address list that may not be used
    └── StoreError              the store cannot answer as asked
        ├── SiteUnknown         no site has this host
        ├── HostTaken           the host belongs to another site
        ├── RevisionConflict    the statement, or the partner, changed since it was read
        └── StoreUnavailable    the store is down, locked, full or damaged

Rules: the type says whose fault it is; ``id`` is stable and is what tests and callers assert; ``remedy`` says what to
do. No error is raised without both.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

__all__ = [
    "AccessDenied",
    "AddressListError",
    "AmbiguousRequest",
    "ConfirmationNeeded",
    "CorpusError",
    "CredentialRefused",
    "ExportRefused",
    "Fault",
    "FaultLevel",
    "GatepostError",
    "HostTaken",
    "IdentityRefused",
    "OutwardError",
    "PartnerError",
    "ReceiptRefused",
    "ReleaseRefused",
    "RequestRefused",
    "RevisionConflict",
    "SettingsError",
    "SignatureFileError",
    "SiteUnknown",
    "StatementError",
    "StoreError",
    "StoreUnavailable",
    "TooManyRequests",
]


class GatepostError(Exception):
    """The root of the tree: a sentence, a stable ``id`` and a ``remedy``."""

    def __init__(self, message: str, *, id: str, remedy: str) -> None:
        super().__init__(message)
        self.id = id
        self.remedy = remedy


class AmbiguousRequest(GatepostError):
    """A request that two readers could understand differently, so that no decision about it would be safe."""


class FaultLevel(StrEnum):
    """How bad a fault is."""

    ERROR = "error"
    """The file may not be used."""
    WARNING = "warning"
    """It may, and somebody should mend it."""
    NOTE = "note"
    """Nothing is wrong, and it is good to know."""


@dataclass(frozen=True, slots=True, order=True)
class Fault:
    """One fault in a file that a person wrote; ``line`` and ``column`` count from 1."""

    line: int
    column: int
    id: str
    message: str
    remedy: str
    level: FaultLevel = FaultLevel.ERROR
    file: str = ""
    """Which file it stands in, where there is more than one."""


class SignatureFileError(GatepostError):
    """A signature file that may not be used; ``faults`` holds every fault found, in the order of the file, and
    ``sources`` the octets of the files that they stand in, where these are known."""

    def __init__(self, faults: tuple[Fault, ...], sources: Mapping[str, bytes] = MappingProxyType({})) -> None:
        first = faults[0]
        more = f" (and {len(faults) - 1} more)" if len(faults) > 1 else ""
        file = f"{first.file}, " if first.file else ""
        super().__init__(
            f"{file}line {first.line}, column {first.column}: {first.message}{more}", id=first.id, remedy=first.remedy
        )
        self.faults = faults
        self.sources = sources

    @property
    def source(self) -> bytes:
        """The octets of the signature file itself."""
        return self.sources.get("", b"")


class ReleaseRefused(GatepostError):
    """A signature set that may not be released, or taken up, as it is; ``names`` are the crawlers that it is about."""

    def __init__(self, message: str, *, id: str, remedy: str, names: Sequence[str] = ()) -> None:
        super().__init__(message, id=id, remedy=remedy)
        self.names = tuple(names)


class CorpusError(GatepostError):
    """A corpus that is not whole, so that a trial on it would prove nothing."""


class StatementError(GatepostError):
    """An owner's wish that cannot be written down as asked."""


class ConfirmationNeeded(StatementError):
    """A wish whose effect the owner has to confirm by name first.

    ``token`` is what to come back with, where the confirmation is of this very change and no other; else it is empty.
    ``effects`` names, one by one, what would be allowed, or in what way search would be touched.
    """

    def __init__(self, message: str, *, id: str, remedy: str, token: str = "", effects: Sequence[str] = ()) -> None:
        super().__init__(message, id=id, remedy=remedy)
        self.token = token
        self.effects = tuple(effects)


class SettingsError(GatepostError):
    """Settings that would not do what their author meant."""


class CredentialRefused(GatepostError):
    """Nobody is let in by what was shown: it is unknown, spent, expired or revoked."""


class AccessDenied(GatepostError):
    """Who was let in may not do this."""


class TooManyRequests(GatepostError):
    """Somebody asks, or fails to come in, too often; ``seconds`` is how long they have to wait."""

    def __init__(self, message: str, *, id: str, remedy: str, seconds: float) -> None:
        super().__init__(message, id=id, remedy=remedy)
        self.seconds = seconds


class RequestRefused(GatepostError):
    """A request to the control API or for a page that cannot be taken up as it is; ``places`` says where its
    fault is."""

    def __init__(self, message: str, *, id: str, remedy: str, places: Sequence[tuple[str, str]] = ()) -> None:
        super().__init__(message, id=id, remedy=remedy)
        self.places = tuple(places)


class ExportRefused(GatepostError):
    """Nothing is handed over to a partner: the gate let something pass that it must not, or cannot be sure."""


class PartnerError(GatepostError):
    """A partner that could not be kept to its licence, or that is not there."""


class ReceiptRefused(GatepostError):
    """What a partner says of a notice cannot be so."""


class IdentityRefused(GatepostError):
    """A request does not prove to come from a data partner, whose licence then opens nothing to it."""


class OutwardError(GatepostError):
    """Nothing that can be used was answered from outside; ``id`` says how far it came."""


class AddressListError(GatepostError):
    """An operator's address list that may not be used; the last good one stays."""


class StoreError(GatepostError):
    """The store cannot answer as asked."""


class SiteUnknown(StoreError):
    """No site has this host."""


class HostTaken(StoreError):
    """The host belongs to another site."""


class RevisionConflict(StoreError):
    """What is to be changed has changed since it was read; ``revision`` is what it is at, where that is known."""

    def __init__(self, message: str, *, id: str, remedy: str, revision: int | None = None) -> None:
        super().__init__(message, id=id, remedy=remedy)
        self.revision = revision


class StoreUnavailable(StoreError):
    """The store is down, locked, full or damaged; nothing was acknowledged."""
