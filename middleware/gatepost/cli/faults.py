"""Faults in files that people wrote, as the commands show them: for people with the line and a caret, for machines as
rows.
"""

from collections.abc import Iterable

from gatepost.cli.output import write, write_row
from gatepost.errors import Fault

__all__ = ["show_faults"]


def show_faults(source: bytes, faults: Iterable[Fault], json: bool) -> None:
    """Every fault, on stdout."""
    for fault in faults:
        if json:
            write_row(
                {
                    "id": fault.id,
                    "line": fault.line,
                    "column": fault.column,
                    "message": fault.message,
                    "remedy": fault.remedy,
                }
            )
        else:
            from gatepost.core.signatures import show_fault

            write(f"{show_fault(source, fault)}\n\n")
