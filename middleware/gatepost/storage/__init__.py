"""The store: events and the sites they leave, kept in one database that a URL names.

Rules: :func:`open_store` opens nothing, the first call does; what a store acknowledged is on disk; the projection is
never anything but the fold of the events.

``database`` and ``last_known`` keep the ports, ``engines`` know the databases, ``schema`` brings the tables up to date,
``rows`` are the one spelling of values at rest, ``failures`` say what is wrong and how to mend it.
"""

from gatepost.storage.database import DatabaseStore, open_store
from gatepost.storage.last_known import FileCopy, open_last_known

__all__ = ["DatabaseStore", "FileCopy", "open_last_known", "open_store"]
