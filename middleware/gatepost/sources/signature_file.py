"""The signature file on disk, or the one that came with this version.

Rules: nothing is read beyond the size that the reader takes; whether what the file holds may be used is
``core/admission``'s to judge. Octets that came with this version were judged before it was published.
"""

import logging
from dataclasses import replace
from errno import ENOENT
from importlib.resources import files
from pathlib import Path

from gatepost.core.admission import admit
from gatepost.core.crawlers import SignatureSet
from gatepost.core.overlay import OVERLAY, lay_over
from gatepost.core.signatures import read_signatures
from gatepost.core.yaml_events import MOST_READ
from gatepost.errors import Fault, SignatureFileError
from gatepost.sources.corpora import packaged_corpora

__all__ = ["admitted", "load_signatures", "packaged_file", "packaged_signatures", "read_file"]

_log = logging.getLogger("gatepost")


def packaged_signatures() -> bytes:
    """The signature file that came with this version."""
    return files("gatepost").joinpath("crawler_signatures.yaml").read_bytes()


def load_signatures(path: Path | None = None, overlay: Path | None = None) -> SignatureSet:
    """The signature set in ``path``, or the packaged one, with the file ``overlay`` laid over it.

    Raises :class:`~gatepost.errors.SignatureFileError`; a fault of the overlay names that file.
    """
    return admitted(packaged_signatures() if path is None else read_file(path), overlay)


def admitted(source: bytes, overlay: Path | None = None, held: SignatureSet | None = None) -> SignatureSet:
    """The set of a signature file with the file ``overlay`` laid over it, if it may be used in place of ``held``.

    Raises :class:`~gatepost.errors.SignatureFileError` with the octets of both files.
    """
    if overlay is None and source == packaged_signatures():
        return read_signatures(source)
    above = None if overlay is None else read_file(overlay)
    try:
        return admit(source, packaged_corpora(), held) if above is None else _overlaid(source, above, held)
    except SignatureFileError as error:
        file = str(overlay)
        faults = (replace(fault, file=file) if fault.file == OVERLAY else fault for fault in error.faults)
        raise SignatureFileError(tuple(faults), {"": source, file: above or b""}) from error


def _overlaid(source: bytes, above: bytes, held: SignatureSet | None) -> SignatureSet:
    done = lay_over(source, above)
    for fault in done.warnings:
        _log.warning("the overlay, line %d: %s (%s) %s", fault.line, fault.message, fault.id, fault.remedy)
    return done.admitted(packaged_corpora(), held)


def read_file(path: Path) -> bytes:
    """The octets of a signature file, whole, or one more than the reader takes.

    Raises :class:`~gatepost.errors.SignatureFileError`.
    """
    try:
        if not path.is_file():
            raise FileNotFoundError(ENOENT, "there is no regular file of this name")
        with path.open("rb") as file:
            return file.read(MOST_READ)
    except OSError as error:
        why, remedy = error.strerror or type(error).__name__, "Name a signature file that can be read."
        fault = Fault(1, 1, "signatures.file.unreadable", why, remedy, file=str(path))
        raise SignatureFileError((fault,)) from error


def packaged_file() -> Path:
    """Where the file that came with this version stands."""
    return Path(str(files("gatepost").joinpath("crawler_signatures.yaml")))
