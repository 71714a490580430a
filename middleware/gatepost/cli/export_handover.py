"""Where an export is written until it may be handed over, and how that happens.

Rules: nothing bears the name of the output before it is whole and on disk; the manifest comes last, and the one of an
earlier export goes first, so that after a crash at any moment a file with its manifest is a whole export, and anything
else is none. Two runs for one output are refused.
"""

import errno
import fcntl
import os
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from gatepost.cli.output import telling_files
from gatepost.errors import GatepostError

__all__ = ["aside", "check_names", "hand_over", "manifest_of"]


_MANIFEST = "manifest"
_MADE = re.compile(rf"[0-9]+|{_MANIFEST}")
"""What a run calls what it makes in its folder."""


def manifest_of(out: Path) -> Path:
    """The file of the manifest beside an output."""
    return out.with_name(f"{out.name}.manifest.json")


def check_names(out: Path, read: Iterable[Path]) -> None:
    """Refuse an output that can be no file, or that would replace, itself or by its manifest, what the run reads."""
    if not out.name or out.is_dir():
        raise GatepostError(
            f"{out} is a folder", id="export.out", remedy="Name a file to write, such as shared.ndjson."
        )
    written = [one for one in (out, manifest_of(out)) if one.exists()]
    for file in filter(Path.exists, read):
        if any(map(file.samefile, written)):
            raise GatepostError(
                f"{file} is read, and would be replaced", id="export.same", remedy="Name another file to write."
            )


@contextmanager
def aside(out: Path) -> Iterator[Path]:
    """A folder beside the output, empty, and this run's alone; it goes with all that is in it."""
    folder = out.with_name(f".{out.name}.partial")
    with telling_files(str(out)):
        lock = _opened(folder)
    try:
        _take(lock, folder, out)
        _check_own(lock, folder)
        try:
            _empty(lock)  # of what a run left that was killed
            yield folder
        finally:
            _empty(lock)
            folder.rmdir()
    finally:
        os.close(lock)


def _opened(folder: Path) -> int:
    """The folder, made if it is not there, which is no way to another one."""
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        return os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    except OSError as error:
        if error.errno in (errno.EEXIST, errno.ELOOP, errno.ENOTDIR):
            raise _foreign(folder) from error
        raise


def _check_own(lock: int, folder: Path) -> None:
    """Nothing is deleted in a folder that no run made."""
    if os.fstat(lock).st_uid != os.geteuid() or not all(map(_MADE.fullmatch, os.listdir(lock))):
        raise _foreign(folder)


def _foreign(folder: Path) -> GatepostError:
    return GatepostError(
        f"{folder} is where an export is written, and was not made for that",
        id="export.folder",
        remedy="Look what it is, and move it away; or name another file.",
    )


def _empty(lock: int) -> None:
    for left in filter(_MADE.fullmatch, os.listdir(lock)):
        os.unlink(left, dir_fd=lock)


def _take(lock: int, folder: Path, out: Path) -> None:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if os.path.samestat(os.fstat(lock), os.lstat(folder)):
            return
    except (BlockingIOError, FileNotFoundError):
        pass  # or a run has removed this folder at its end, and another may have made one of that name
    raise GatepostError(f"another run is writing {out}", id="export.busy", remedy="Wait for it, or name another file.")


def hand_over(made: Path, out: Path, manifest: bytes) -> None:
    """Give a whole file its name, and then the manifest; whatever stood there goes. The umask says who may read."""
    said = made.with_name(_MANIFEST)
    with telling_files(str(out)):
        said.write_bytes(manifest)
        sync(said)
        sync(made)
        manifest_of(out).unlink(missing_ok=True)
        sync(out.parent)
        made.replace(out)
        sync(out.parent)
        said.replace(manifest_of(out))
        sync(out.parent)


def sync(path: Path) -> None:
    """Have a file, or the names in a folder, on disk."""
    opened = os.open(path, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)
