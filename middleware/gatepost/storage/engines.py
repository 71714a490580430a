"""The databases that a URL can name: :mod:`gatepost.storage.sqlite` and :mod:`gatepost.storage.postgresql`.

Rules: nothing is opened here before it is asked for; what a URL holds beyond its scheme may be secret and is never
shown.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Protocol, TypeVar

from sqlalchemy import Connection

from gatepost.errors import SettingsError
from gatepost.storage.sqlite import Sqlite

__all__ = ["Database", "database_of"]

Answer = TypeVar("Answer")


class Database(Protocol):
    """A database and how it is spoken to."""

    @property
    def place(self) -> str:
        """For people: the file, or the URL without its password."""
        ...

    async def run(
        self, work: Callable[[Connection], Answer], *, writes: bool = False, ready: bool = True, long: bool = False
    ) -> Answer:
        """Do a piece of work on a connection, in a transaction that takes the writers' turn if it ``writes``.

        The tables are brought up to date first, unless the caller needs none (``ready=False``). ``long`` work may
        take its time. Raises :class:`~gatepost.errors.StoreUnavailable`.
        """
        ...

    async def note(self, work: Callable[[Connection], None]) -> None:
        """Write beside the writers what is no change of a site: without their turn if the database can, statement by
        statement, and unheard by who waits for changes. Raises :class:`~gatepost.errors.StoreUnavailable`.
        """
        ...

    async def wait_for_changes(self, timeout: float) -> None:
        """Return when something may have changed since the last time, at the latest after ``timeout`` seconds."""
        ...

    async def close(self) -> None:
        """Let go of all connections."""
        ...


def database_of(url: str, remembered: Callable[[], bool] = bool) -> Database:
    """The database that ``url`` names, not opened yet; ``remembered`` tells of a missing file that it was there.

    Raises :class:`SettingsError`.
    """
    scheme, separator, rest = url.partition("://")
    if scheme == "postgresql" and separator:
        from gatepost.storage.postgresql import postgresql  # asyncpg, which most do not need

        return postgresql(url)
    if scheme != "sqlite" or not separator or "?" in rest or (rest and not rest.startswith("/")):
        raise SettingsError(
            f"no database is known by this URL, which begins with {scheme if separator else ''!r}",
            id="settings.database.url",
            remedy="Use sqlite:///relative.db, sqlite:////absolute/file.db, sqlite:// (in memory, for tests) or "
            "postgresql://USER:PASSWORD@HOST/DATABASE.",
        )
    name = rest.removeprefix("/")
    return Sqlite(None if name in ("", ":memory:") else Path(name).absolute(), remembered)
