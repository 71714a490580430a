"""What workers report of themselves: the last report of each, until it is too old to count.

Rules: how old one is, is by the database's clock, whatever a worker thinks that the time is; a report is one statement
by itself, which needs no turn among the writers.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import Connection, bindparam, delete, func, select, text

from gatepost.core.workers import WorkerReport, report_of, told_report
from gatepost.storage.tables import workers

__all__ = ["keep_report", "reports"]

_KEEP = text(
    "INSERT INTO workers (id, at, report) VALUES (:named, CURRENT_TIMESTAMP, :report) "
    "ON CONFLICT (id) DO UPDATE SET at = excluded.at, report = excluded.report"
)
_NOW = select(func.now())
_REPORTS = select(workers.c.report).where(workers.c.at >= bindparam("since")).order_by(workers.c.id)
_DROP = delete(workers).where(workers.c.at < bindparam("oldest"))


def keep_report(connection: Connection, report: WorkerReport, life: timedelta) -> None:
    """Write a report in place of the worker's last one, and forget those that are older than ``life``."""
    connection.execute(_KEEP, {"named": report.worker, "report": told_report(report)})
    connection.execute(_DROP, {"oldest": _now(connection) - life})


def reports(connection: Connection, life: timedelta) -> Sequence[WorkerReport]:
    """The reports that are not older than ``life``, in the order of the workers' names."""
    return [report_of(row.report) for row in connection.execute(_REPORTS, {"since": _now(connection) - life})]


def _now(connection: Connection) -> datetime:
    return connection.execute(_NOW).scalar_one()
