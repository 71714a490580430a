"""``python -m benchmarks.a_million_sites``: what a platform of a million sites costs, on SQLite and on PostgreSQL.

A database is filled and measured through the commands and in workers of their own, and gone afterwards. Needs some
2 GB below the temporary folder for each database, and half an hour; ``--sites 100000`` takes a tenth.
"""

import argparse
import asyncio
import json
import os
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

from benchmarks.made_up_platform import host_of, write_rows
from benchmarks.report import Table
from benchmarks.worker_at_size import measure_changes

_ROOT = Path(__file__).resolve().parents[1]

Figures = dict[str, float]


@dataclass(frozen=True)
class Place:
    """A database to fill, and what tells how large its tables and indexes are."""

    name: str
    url: str
    sizes: "Sizes"


class Sizes:
    """Octets of tables and indexes, by name."""

    def of(self) -> Figures:
        raise NotImplementedError


@dataclass(frozen=True)
class SqliteSizes(Sizes):
    """By SQLite's own account, where it was built with one; else the file's."""

    file: Path

    def of(self) -> Figures:
        with closing(sqlite3.connect(self.file)) as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            try:
                found = dict(connection.execute("SELECT name, sum(pgsize) FROM dbstat GROUP BY name"))
            except sqlite3.OperationalError:
                found = {}
        return found | {"whole": self.file.stat().st_size}


@contextmanager
def sqlite_place() -> Iterator[Place]:
    """A SQLite file."""
    with tempfile.TemporaryDirectory(prefix="gatepost") as folder:
        file = Path(folder, "sites.db")
        yield Place("SQLite", f"sqlite:///{file}", SqliteSizes(file))


@contextmanager
def postgresql_place() -> Iterator[Place]:
    """A database on a server of its own, as the tests start one."""
    sys.path.append(str(_ROOT / "tests"))
    from contract.postgresql_server import Server

    @dataclass(frozen=True)
    class ServerSizes(Sizes):
        database: str

        def of(self) -> Figures:
            server.sql("VACUUM ANALYZE", self.database)
            told = server.sql(
                "SELECT relname, pg_relation_size(oid) FROM pg_class WHERE relkind IN ('r', 'i') AND relnamespace = "
                "'public'::regnamespace",
                self.database,
            )
            pairs = [line.split("|") for line in told.splitlines()]
            whole = server.sql(f"SELECT pg_database_size('{self.database}')", self.database)
            return {name: float(size) for name, size in pairs} | {"whole": float(whole)}

    with tempfile.TemporaryDirectory() as folder, Server.started(Path(folder)) as server, server.database() as url:
        yield Place("PostgreSQL", url, ServerSizes(url.rpartition("/")[2]))


def measure(place: Place, rows: Path, sites: int, held: int) -> Figures:
    """Everything about one database."""
    found = _command("import", place, "sites", "import", str(rows))
    found |= place.sizes.of()
    found |= _command("again", place, "sites", "import", str(rows))
    found |= _command("export", place, "sites", "export", os.devnull)
    found |= _command("preview", place, "sites", "set", "--platform", "archives=block", "--preview")
    worker = [sys.executable, "-m", "benchmarks.worker_at_size", "measure", place.url, str(sites), str(held)]
    finished = subprocess.run(worker, cwd=_ROOT, check=True, stdout=subprocess.PIPE, text=True)
    found |= json.loads(finished.stdout)
    return found | asyncio.run(measure_changes(place.url, host_of(1)))


def _command(name: str, place: Place, *words: str) -> Figures:
    """How long a command takes, and the most memory that it has."""
    print(f"{place.name}: {name} ...", file=sys.stderr, flush=True)
    start = perf_counter()
    command = [sys.executable, "-m", "gatepost.cli", *words, "--database", place.url]
    with tempfile.TemporaryFile("w+") as said:
        running = subprocess.Popen(command, cwd=_ROOT, stdout=said, stderr=said)
        _, status, usage = os.wait4(running.pid, 0)
        said.seek(0)
        print(said.read()[-500:].strip(), file=sys.stderr, flush=True)
    if status:
        raise SystemExit(f"{name} ended with {status}")
    return {f"{name} time": perf_counter() - start, f"{name} memory": usage.ru_maxrss * 1024}


def table(found: dict[str, Figures], sites: int) -> Table:
    """What was found, a database a column."""

    def row(text: str, told) -> list[str]:
        return [text, *(told(figures) for figures in found.values())]

    def rate(name: str) -> list[str]:
        return row(
            f"{name}: sites a second (seconds, most memory)",
            lambda f: (
                f"{sites / f[name + ' time']:,.0f} ({f[name + ' time']:,.0f} s, {f[name + ' memory'] / 1e6:.0f} MB)"
            ),
        )

    def spread(name: str, text: str) -> list[str]:
        return row(
            f"{text}: median, p99, longest",
            lambda f: ", ".join(f"{f[f'{name} {what}'] * 1000:.2f} ms" for what in ("median", "p99", "max")),
        )

    names = ("events", "sites", "hosts")
    return Table(
        f"{sites:,} sites",
        ("", *found),
        [
            rate("import"),
            row("the same file again, nothing to change", lambda f: f"{f['again time']:,.0f} s"),
            rate("export"),
            rate("preview"),
            row("database, octets a site", lambda f: f"{f['whole'] / 1e6:,.0f} MB, {f['whole'] / sites:,.0f}"),
            *(row(f"table {name}", lambda f, n=name: f"{f.get(n, 0) / 1e6:,.0f} MB") for name in names),
            row("indexes", lambda f: f"{sum(size for name, size in f.items() if _is_index(name)) / 1e6:,.0f} MB"),
            row("a worker before any site", lambda f: f"{f['interpreter'] / 1e6:.0f} MB"),
            row(
                "memory for a site held, of so many",
                lambda f: f"{f['held octets']:,.0f} octets, {f['held sites']:,.0f}",
            ),
            row(
                "the same with a robots.txt of its own",
                lambda f: f"{f['own octets']:,.0f} octets, {f['own sites']:,.0f}",
            ),
            spread("cold", "first visit of a host"),
            row("first visits a second, eight at a time", lambda f: f"{f['held sites'] / f['held seconds']:,.0f}"),
            row(
                "the same with a robots.txt of its own",
                lambda f: f"{f['own sites'] / f['own seconds']:,.0f}",
            ),
            spread("poll", "a look for changes"),
            spread("written", "a change, acknowledged"),
            spread("seen here", "seen in this worker after"),
            spread("seen there", "seen in another process after"),
            row("a new default in force for all that is held", lambda f: f"{f['default in force'] * 1000:.1f} ms"),
            spread("after default", "first visit after it"),
        ],
    )


def _is_index(name: str) -> bool:
    return name.startswith(("pk_", "uq_", "ix_", "sqlite_autoindex"))


def main() -> None:
    """Measure, and show."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.a_million_sites", description=main.__doc__)
    parser.add_argument("--sites", type=int, default=1_000_000)
    parser.add_argument("--held", type=int, default=100_000, help="how many of them one worker holds")
    parser.add_argument("--only", choices=["sqlite", "postgresql"])
    chosen = parser.parse_args()
    places = {"sqlite": sqlite_place, "postgresql": postgresql_place}
    found = {}
    with tempfile.TemporaryDirectory() as folder:
        rows = Path(folder, "sites.ndjson")
        with rows.open("w", encoding="utf-8") as file:
            write_rows(file, chosen.sites)
        for name, open_place in places.items():
            if chosen.only in (None, name):
                with open_place() as place:
                    found[place.name] = measure(place, rows, chosen.sites, min(chosen.held, chosen.sites))
    print("\n".join(table(found, chosen.sites).lines()))


if __name__ == "__main__":
    main()
