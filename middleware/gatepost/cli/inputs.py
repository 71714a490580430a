"""What the commands are given: files, lines from a stream, hosts and times as people type them, and the gate.

Rules: whatever is read is bounded, so that memory stays the same on any input; a gate is always closed again.
"""

import sys
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from io import BufferedReader
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeVar, cast
from urllib.parse import urlsplit

import typer

from gatepost.cli.output import telling_files
from gatepost.core.periods import lenient_moment
from gatepost.core.request import site_key
from gatepost.core.sites import Actor, ActorKind
from gatepost.errors import AmbiguousRequest, GatepostError, StoreError

if TYPE_CHECKING:
    from gatepost.core.crawlers import SignatureSet
    from gatepost.wiring import Gate

__all__ = [
    "Database",
    "Json",
    "Site",
    "actor_of",
    "batches",
    "has_database",
    "host_of",
    "moment_of",
    "opened",
    "read_octets",
    "read_signature_file",
    "read_text",
    "signature_source",
    "signatures_in_force",
    "signatures_known",
    "site_named",
    "with_gate",
]

Database = Annotated[
    str | None,
    typer.Option(metavar="URL", help="The database; else GATEPOST_DATABASE, gatepost.toml, or sqlite:///gatepost.db."),
]
Site = Annotated[str, typer.Option("--site", metavar="HOST", help="Any host of the site; or id: and the site's id.")]
Json = Annotated[bool, typer.Option("--json", help="For machines.")]

_CHUNK = 256 * 1024
_Result = TypeVar("_Result")


def with_gate(database: str | None, use: "Callable[[Gate], Awaitable[_Result]]") -> _Result:
    """What ``use`` makes of a gate on the database."""
    import asyncio

    from gatepost.wiring import open_gate

    gate = open_gate(database)

    async def run() -> _Result:
        try:
            with suppress(StoreError):  # which the command will meet, and tell
                await gate.recognition.look_at_store()
            return await use(gate)
        finally:
            await gate.close()

    return asyncio.run(run())


def has_database(database: str | None) -> bool:
    """Whether there is a database that can be asked; one of SQLite that is not there yet is not made by a look."""
    from gatepost.settings import read_settings
    from gatepost.storage import open_last_known
    from gatepost.storage.engines import database_of
    from gatepost.storage.sqlite import Sqlite

    settings = read_settings({"database": database})
    found, copy = database_of(settings.database), open_last_known(settings.database, settings.snapshot)
    if not isinstance(found, Sqlite):
        return True
    return found.file is not None and (found.file.exists() or bool(copy and copy.remembers()))


def signatures_known(file: Path | None, database: str | None) -> "SignatureSet":
    """The signature set in ``file``; else the one that every site is judged by on this machine, overlay included."""
    if file is None and has_database(database):
        return with_gate(database, _known)
    return signatures_in_force(file)


async def _known(gate: "Gate") -> "SignatureSet":
    return gate.signatures


def signatures_in_force(file: Path | None = None) -> "SignatureSet":
    """The signature set in ``file``; else this machine's by the settings, overlay included."""
    from gatepost.settings import read_settings
    from gatepost.sources import load_signatures

    settings = read_settings()
    if file is not None:
        return load_signatures(file)
    return load_signatures(settings.signatures, settings.signatures_overlay)


def signature_source(file: str | None) -> tuple[str, bytes]:
    """A signature file by its name, its octets as well; else the one that the settings name, else the packaged one."""
    from gatepost.settings import read_settings
    from gatepost.sources import packaged_signatures

    named = file or read_settings().signatures
    if named is None:
        return "crawler_signatures.yaml", packaged_signatures()
    return str(named), read_signature_file(str(named))


@contextmanager
def opened(file: str) -> Iterator[BufferedReader]:
    """A file, or stdin for ``-``, to be read as octets."""
    if file == "-":
        yield cast(BufferedReader, sys.stdin.buffer)
        return
    with telling_files(file), Path(file).open("rb") as stream:
        yield stream


def read_octets(file: str, most: int) -> bytes:
    """The first ``most`` octets of a file or of stdin."""
    with opened(file) as stream:
        return stream.read(most)


def read_signature_file(file: str) -> bytes:
    """The octets of a signature file, or of one that is laid over it; one too large is cut, and still too large."""
    from gatepost.core.yaml_events import MOST_READ

    return read_octets(file, MOST_READ)


def read_text(file: str, most: int) -> str:
    """The same as text, which has to be UTF-8."""
    try:
        return read_octets(file, most).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise GatepostError(f"{file} is not UTF-8", id="cli.file.encoding", remedy="Save it as UTF-8.") from error


def batches(stream: BufferedReader, longest: int) -> Iterator[list[bytes]]:
    """The lines of a stream without their ends (LF or CRLF), as many at a time as are there.

    What has come is given before more is waited for. Of a line longer than ``longest`` one octet more than that is
    given, at least, so that it can be told and never fills the memory.
    """
    rest = b""
    while chunk := stream.read1(_CHUNK):
        *whole, rest = (rest + chunk).split(b"\n")
        rest = rest[: longest + 1]
        yield [line.removesuffix(b"\r") for line in whole]
    if rest:
        yield [rest.removesuffix(b"\r")]


def host_of(text: str) -> str:
    """The site key of a host as people write it: a URL, upper case, or a name in any script (UTS #46)."""
    try:
        return site_key(_ascii_host(text.strip()).encode("ascii"))
    except (AmbiguousRequest, ValueError) as error:  # idna's errors are ValueErrors
        raise GatepostError(
            f"{text!r} is no host name", id="cli.host", remedy="Write a name such as blog.example; a URL will do."
        ) from error


def site_named(text: str) -> str:
    """A site as people name it: any of its hosts, or ``id:`` and its id, which is taken as it is."""
    from gatepost.service.owners import BY_ID

    return text if text.startswith(BY_ID) else host_of(text)


def _ascii_host(text: str) -> str:
    host = urlsplit(text).netloc.rpartition("@")[2] if "://" in text else text.partition("/")[0]
    if host.isascii():
        return host
    from gatepost.core.host_names import ascii_name  # idna takes its time to load

    name, colon, port = host.partition(":")
    return ascii_name(name) + colon + port


def actor_of(text: str, kind: ActorKind = ActorKind.OWNER) -> Actor:
    """Who acts, from ``owner:alice`` or ``alice``."""
    word, colon, name = text.partition(":")
    if colon and word in set(ActorKind) and name:
        return Actor(ActorKind(word), name)
    return Actor(kind, text)


def moment_of(text: str) -> datetime:
    """A time in ISO 8601; UTC where it names no zone."""
    moment = lenient_moment(text)
    if moment is None:
        raise GatepostError(
            f"{text!r} is no time", id="cli.time", remedy="Write it as ISO 8601, such as 2026-03-01T12:00+01:00."
        )
    return moment
