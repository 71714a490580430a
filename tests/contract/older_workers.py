"""Workers of older schemas, frozen: what they read of the tables, what they write, and a life of theirs in rows.

A new migration adds what the workers of the schema before it did. Nothing here follows the code: it is what runs in
the field while a newer worker migrates.
"""

from sqlalchemy import Connection, text

from contract.stores import NOW
from gatepost.core.record import Tail, spelled
from gatepost.errors import StoreUnavailable
from gatepost.storage import schema
from gatepost.storage.engines import database_of
from gatepost.storage.sqlite import Sqlite, make_file

COLUMNS = {
    "0001": {
        "events": ("site", "revision", "at", "actor_kind", "actor_name", "kind", "change", "reason"),
        "sites": ("id", "revision", "visibility", "statement", "robots_txt"),
        "hosts": ("host", "site", "position"),
    }
}
COLUMNS["0002"] = {**COLUMNS["0001"], "sites": (*COLUMNS["0001"]["sites"], "region", "plan", "kept")}
COLUMNS["0003"] = {
    **COLUMNS["0002"],
    "events": ("seq", *COLUMNS["0001"]["events"], "digest"),
    "former_hosts": ("host", "site"),
    "publications": ("number", "at", "kind", "key", "content", "digest"),
    "blobs": ("sha256", "packed", "seal"),
}
COLUMNS["0004"] = {
    **COLUMNS["0003"],
    "tokens": (
        "id", "actor_kind", "actor_name", "scopes", "sites", "digest", "added", "expires", "former", "former_until"
    ),
    "spent_links": ("nonce", "expires"),
    "answers_kept": ("credential", "key", "digest", "answer", "expires"),
}  # fmt: skip
COLUMNS["0005"] = {**COLUMNS["0004"], "workers": ("id", "at", "report")}
COLUMNS["0006"] = {
    **COLUMNS["0005"],
    "partners": ("id", "partner", "secrets", "gone"),
    "known_sites": ("site", "partner", "purpose", "terms"),
    "site_dates": ("site", "at"),
    "sweeps": ("id", "begun", "after"),
    "receipts": ("number", "duty"),
    "duties": (
        "number", "notice", "partner", "site", "purpose", "item", "open", "deadline", "stop_by", "remove_by",
        "delivery", "attempts", "due", "leased", "problem", "delivered", "stopped", "removed", "version", "refused",
        "reason", "reminded",
    ),
}  # fmt: skip
"""What the workers of a schema know of the tables."""

REFUSES_OLDER_WRITES = {"0003"}
"""The schemas under which older workers can write no more: each try is refused, and nothing is written."""

SILENT = {"region": "", "plan": "", "kept": "[]"}
"""What a site's row holds beyond the first schema, when nothing is said."""

LIFE = (
    ("a.example", "site-added", '{"hosts":["a.example","www.a.example"]}'),
    ("*", "statement-changed", '{"statement":{"stances":{"ai_training":"block"}}}'),
    ("a.example", "statement-changed", '{"statement":{"stances":{"ai_training":"block"},"partner_sharing":"refuse"}}'),
    ("a.example", "visibility-changed", '{"visibility":"private"}'),
    ("a.example", "robots-txt-changed", '{"text":"User-agent: *\\n"}'),
    ("b.example", "site-added", '{"hosts":["b.example"]}'),
)
LEFT = (
    {"id": "*", "revision": 1, "visibility": "public", "statement": '{"stances":{"ai_training":"block"}}',
     "robots_txt": ""},
    {"id": "a.example", "revision": 4, "visibility": "private", "robots_txt": "User-agent: *\n",
     "statement": '{"stances":{"ai_training":"block"},"partner_sharing":"refuse"}'},
    {"id": "b.example", "revision": 1, "visibility": "public", "statement": "{}", "robots_txt": ""},
)  # fmt: skip
HOSTS = (("a.example", "a.example", 0), ("www.a.example", "a.example", 1), ("b.example", "b.example", 0))


class OlderWorker:
    """A worker of a schema, which it found when it started; it looks at the version no more."""

    def __init__(self, version, url):
        self.version, self.columns = version, COLUMNS[version]
        self._database = database_of(url)

    async def _run(self, work, *, writes=False):
        return await self._database.run(work, writes=writes, ready=False)

    async def make_tables(self):
        """A database as it was in the worker's days, with a life in it."""

        def make(connection):
            upgrade(connection, self.version)
            revisions: dict[str, int] = {}
            for site, kind, change in LIFE:
                revisions[site] = revisions.get(site, 0) + 1
                self._add_event(connection, site, revisions[site], kind, change)
            for row in LEFT:
                self._insert(connection, "sites", {**SILENT, **row})
            for names in HOSTS:
                self._insert(connection, "hosts", dict(zip(self.columns["hosts"], names, strict=True)))

        make_empty(self._database)
        await self._run(make, writes=True)

    def _insert(self, connection: Connection, table, row):
        names = self.columns[table]
        values = ", ".join(f":{name}" for name in names)
        connection.execute(text(f"INSERT INTO {table} ({', '.join(names)}) VALUES ({values})"), {
            name: row[name] for name in names})  # fmt: skip

    def _add_event(self, connection, site, revision, kind, change):
        at = NOW if connection.dialect.name == "postgresql" else NOW.strftime("%Y-%m-%d %H:%M:%S.%f")
        said = {"site": site, "revision": revision, "actor_kind": "owner", "actor_name": "ada", "kind": kind,
            "change": change, "reason": ""}  # fmt: skip
        sealed = self._sealed(connection, said) if "digest" in self.columns["events"] else {}
        self._insert(connection, "events", {**said, "at": at, **sealed})

    def _sealed(self, connection, said):
        """The next number of the chain, and the digest that an event has there; all events are of one moment."""
        tail = Tail()
        names = ", ".join(said)
        for number, row in enumerate(
            connection.execute(text(f"SELECT {names} FROM events ORDER BY seq")).mappings(), 1
        ):
            tail.add(_spelled(number, row))
        number = tail.head.number + 1
        return {"seq": number, "digest": tail.add(_spelled(number, said))}

    async def rows(self):
        """Everything that the worker can see."""
        return await self._run(lambda connection: {
            table: connection.execute(text(f"SELECT {', '.join(names)} FROM {table} ORDER BY {names[0]}, {names[1]}"))
            .fetchall() for table, names in self.columns.items()})  # fmt: skip

    async def find(self, host):
        """A site by its host, as the worker reads it: its columns, by name, and its hosts."""
        names = ", ".join(f"sites.{name}" for name in self.columns["sites"])
        statement = text(
            f"SELECT {names}, hosts.host FROM sites LEFT OUTER JOIN hosts ON hosts.site = sites.id "
            "WHERE sites.id IN (SELECT hosts.site FROM hosts WHERE hosts.host = :host) ORDER BY hosts.position"
        )
        found = await self._run(lambda connection: connection.execute(statement, {"host": host}).fetchall())
        return found[0][:2], [row[-1] for row in found]

    async def add_host(self, site, revision):
        """Write an event and what it leaves, as the worker does; ``False`` when the store does not acknowledge it."""
        host = f"{revision}.{site}"

        def write(connection):
            (known,) = connection.execute(text("SELECT revision FROM sites WHERE id = :id"), {"id": site}).one()
            assert known == revision - 1
            self._add_event(connection, site, revision, "host-added", f'{{"host":"{host}"}}')
            connection.execute(text("UPDATE sites SET revision = :to WHERE id = :id"), {"to": revision, "id": site})
            self._insert(connection, "hosts", {"host": host, "site": site, "position": revision})

        try:
            await self._run(write, writes=True)
        except StoreUnavailable:
            return False
        return True

    async def add_site(self, site):
        """The same for a new site."""

        def write(connection):
            self._add_event(connection, site, 1, "site-added", f'{{"hosts":["{site}"]}}')
            row = {"id": site, "revision": 1, "visibility": "public", "statement": "{}", "robots_txt": ""}
            self._insert(connection, "sites", SILENT | row)
            self._insert(connection, "hosts", {"host": site, "site": site, "position": 0})

        try:
            await self._run(write, writes=True)
        except StoreUnavailable:
            return False
        return True

    async def close(self):
        await self._database.close()


def _spelled(number, said):
    at = NOW.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    return spelled({**said, "seq": number, "at": at, "record": "event/1"})


def make_empty(database):
    """A database that no worker has used, which a server's is already."""
    if isinstance(database, Sqlite) and database.file:
        make_file(database.file)


def upgrade(connection, version):
    """Bring the tables to a version that need not be the last one."""
    from alembic import command
    from alembic.config import Config

    steps = Config()
    steps.set_main_option("script_location", str(schema.MIGRATIONS).replace("%", "%%"))
    steps.attributes["connection"] = connection
    command.upgrade(steps, version)
