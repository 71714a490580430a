"""The signature file on disk, or the one that came with this version.

Rules: nothing is read beyond the size that the reader takes; whether what the file holds may be used is
``core/admission``'s to judge. Octets that came with this version were judged before it was published.
"""

import logging
from dataclasses import replace
from importlib.resources import files
from pathlib import Path

from gatepost.core.admission import admit
from gatepost.core.crawlers import SignatureSet
from gatepost.core.overlay import OVERLAY, lay_over
from gatepost.core.signatures import read_signatures
from gatepost.errors import Fault, SignatureFileError
from gatepost.sources.corpora import packaged_corpora

__all__ = ["load_signatures", "packaged_file", "packaged_signatures"]

_log = logging.getLogger("gatepost")

_MOST_READ = 1024 * 1024 + 1
"""One octet more than the reader takes, so that it can say that the file is too large."""


def packaged_signatures() -> bytes:
    """The signature file that came with this version."""
    return files("gatepost").joinpath("crawler_signatures.yaml").read_bytes()


def load_signatures(path: Path | None = None, overlay: Path | None = None) -> SignatureSet:
    """The signature set in ``path``, or the packaged one, with the file ``overlay`` laid over it.

    Raises :class:`~gatepost.errors.SignatureFileError`; a fault of the overlay names that file.
    """
    packaged = packaged_signatures()
    source = packaged if path is None else _read(path)
    if overlay is not None:
        return _overlaid(source, overlay)
    return read_signatures(source) if source == packaged else admit(source, packaged_corpora())


def _overlaid(source: bytes, overlay: Path) -> SignatureSet:
    try:
        done = lay_over(source, _read(overlay))
        signatures = done.admitted(packaged_corpora())
    except SignatureFileError as error:
        faults = (replace(fault, file=str(overlay)) if fault.file == OVERLAY else fault for fault in error.faults)
        raise SignatureFileError(tuple(faults)) from error
    for fault in done.warnings:
        _log.warning("%s, line %d: %s (%s) %s", overlay, fault.line, fault.message, fault.id, fault.remedy)
    return signatures


def _read(path: Path) -> bytes:
    try:
        if not path.is_file():
            raise FileNotFoundError(f"{path} is not a regular file")
        with path.open("rb") as file:
            return file.read(_MOST_READ)
    except OSError as error:
        raise SignatureFileError(
            (Fault(1, 1, "signatures.file.unreadable", str(error), "Name a signature file that can be read."),)
        ) from error


def packaged_file() -> Path:
    """Where the file that came with this version stands."""
    return Path(str(files("gatepost").joinpath("crawler_signatures.yaml")))
