"""Alembic's way in: it runs this file to migrate, on the connection and in the transaction of ``schema.migrate``.

Rules: no settings file, no logging set-up, no connection of its own.
"""

from alembic import context

from gatepost.storage.tables import VERSION_TABLE, metadata

context.configure(
    connection=context.config.attributes["connection"], target_metadata=metadata, version_table=VERSION_TABLE
)
with context.begin_transaction():
    context.run_migrations()
