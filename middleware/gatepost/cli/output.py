"""What the commands print, and how they end.

Rules: stdout carries the answer, as UTF-8 whatever the locale says; stderr carries errors and progress; colour is for
words on a terminal and never where NO_COLOR is set. A reader that has had enough (``| head``) ends a command quietly.
"""

import json
import os
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from secrets import token_hex

import typer

from gatepost.errors import GatepostError

__all__ = [
    "destination",
    "emphasised",
    "flush",
    "ndjson",
    "octets_read",
    "progress",
    "replace_file",
    "tell",
    "telling_files",
    "visible",
    "write",
    "write_lines",
    "write_octets",
    "write_row",
]


def write(text: str) -> None:
    """Text on stdout, as it is; what is no character is escaped."""
    write_octets(text.encode("utf-8", "backslashreplace"))


def write_octets(octets: bytes) -> None:
    """Octets on stdout, as they are."""
    sys.stdout.buffer.write(octets)


def write_lines(lines: Iterable[str]) -> None:
    """Lines on stdout."""
    write("".join(f"{line}\n" for line in lines))


def flush() -> None:
    """Let the reader of stdout have what was written so far."""
    sys.stdout.flush()


def ndjson(value: object) -> str:
    """A line of NDJSON: plain ASCII, so that no reader can split or misread it."""
    return json.dumps(value, allow_nan=False) + "\n"


def write_row(value: object) -> None:
    """A line of NDJSON on stdout."""
    write(ndjson(value))


def visible(text: str) -> str:
    """What a stranger sent, for a terminal: characters that no reader would see are escaped."""
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode("ascii") for char in text)


@contextmanager
def telling_files(file: str) -> Iterator[None]:
    """Tell what keeps a file from being used."""
    try:
        yield
    except BrokenPipeError:
        raise
    except OSError as error:
        raise GatepostError(
            f"{file}: {error.strerror or error}", id="cli.file", remedy="Name a file that can be used, or - for a pipe."
        ) from error


def tell(text: str) -> None:
    """A line on stderr, in which nothing that a stranger sent makes another one."""
    sys.stderr.write(f"{visible(text)}\n")


def emphasised(word: str, colour: str) -> str:
    """A word in colour, where a person looks at stdout and has not asked for none."""
    if os.environ.get("NO_COLOR") or not sys.stdout.isatty():
        return word
    return typer.style(word, fg=colour, bold=True)


@contextmanager
def destination(file: str) -> Iterator[Callable[[str], object]]:
    """Writes text to a file, or to stdout for ``-``."""
    if file == "-":
        yield write
        return
    with telling_files(file), Path(file).open("w", encoding="utf-8", newline="\n") as stream:
        yield stream.write


def replace_file(file: Path, octets: bytes) -> None:
    """Write a file whole or not at all. It is for others as well: who may read it is the umask's."""
    scratch = file.with_name(f".{file.name}.{token_hex(8)}")
    with telling_files(str(file)), scratch.open("xb") as stream:
        try:
            stream.write(octets)
            stream.flush()
            os.fsync(stream.fileno())
            scratch.replace(file)
        except BaseException:
            scratch.unlink(missing_ok=True)
            raise


@contextmanager
def progress(what: str) -> Iterator[Callable[[], None]]:
    """Counts on stderr, where somebody looks."""
    if not sys.stderr.isatty():
        yield lambda: None
        return
    from rich.console import Console
    from rich.progress import Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description} {task.completed:,.0f}"), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as shown:
        task = shown.add_task(what, total=None)
        yield lambda: shown.advance(task)


@contextmanager
def octets_read(total: int | None) -> Iterator[Callable[[int], None]]:
    """Shows on stderr, where somebody looks, how many octets have been read; ``total`` is all of them, if known."""
    if not sys.stderr.isatty():
        yield lambda octets: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TimeRemainingColumn, TransferSpeedColumn

    columns = (BarColumn(), DownloadColumn(), TransferSpeedColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as shown:
        task = shown.add_task("", total=total)
        yield lambda octets: shown.update(task, completed=octets)
