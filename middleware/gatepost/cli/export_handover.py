"""Where an export is written until it may be handed over, and how that happens.

Rules: nothing bears the name of the output before it is whole and on disk; the manifest comes last, and the one of an
earlier export goes first, so that after a crash at any moment a file with its manifest is a whole export, and anything
else is none. Two runs for one output are refused.
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from gatepost.cli.output import replace_file, telling_files
from gatepost.errors import GatepostError

__all__ = ["aside", "hand_over", "manifest_of"]


def manifest_of(out: Path) -> Path:
    """The file of the manifest beside an output."""
    return out.with_name(f"{out.name}.manifest.json")


@contextmanager
def aside(out: Path) -> Iterator[Path]:
    """A folder beside the output, empty, and this run's alone; it goes with all that is in it."""
    folder = out.with_name(f".{out.name}.partial")
    with telling_files(str(out)):
        folder.mkdir(mode=0o700, exist_ok=True)
        lock = os.open(folder, os.O_RDONLY)
    try:
        _take(lock, out)
        try:
            _empty(folder)  # of what a run left that was killed
            yield folder
        finally:
            _empty(folder)
            folder.rmdir()
    finally:
        os.close(lock)


def _empty(folder: Path) -> None:
    for left in folder.iterdir():
        left.unlink()


def _take(lock: int, out: Path) -> None:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        raise GatepostError(
            f"another run is writing {out}", id="export.busy", remedy="Wait for it, or name another file."
        ) from error


def hand_over(made: Path, out: Path, manifest: bytes) -> None:
    """Give a whole file its name, and then the manifest; whatever stood there goes."""
    with telling_files(str(out)):
        sync(made)
        manifest_of(out).unlink(missing_ok=True)
        sync(out.parent)
        made.replace(out)
        sync(out.parent)
        replace_file(manifest_of(out), manifest)
        sync(out.parent)


def sync(path: Path) -> None:
    """Have a file, or the names in a folder, on disk."""
    opened = os.open(path, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)
