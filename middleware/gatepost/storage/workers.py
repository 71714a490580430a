"""What workers report of themselves: the last report of each, until it is too old to count."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, bindparam, delete, insert, select

from gatepost.core.workers import WorkerReport, report_of, told_report
from gatepost.storage.tables import workers

__all__ = ["keep_report", "reports"]

_REPORTS = select(workers.c.report).where(workers.c.at >= bindparam("since")).order_by(workers.c.id)
_DROP = delete(workers).where((workers.c.id == bindparam("named")) | (workers.c.at < bindparam("oldest")))


def keep_report(connection: Connection, report: WorkerReport, oldest: datetime) -> None:
    """Write a report in place of the worker's last one, and forget those from before ``oldest``."""
    connection.execute(_DROP, {"named": report.worker, "oldest": oldest})
    connection.execute(insert(workers), {"id": report.worker, "at": report.at, "report": told_report(report)})


def reports(connection: Connection, since: datetime) -> Sequence[WorkerReport]:
    """The reports since a time, in the order of the workers' names."""
    return [report_of(row.report) for row in connection.execute(_REPORTS, {"since": since})]
