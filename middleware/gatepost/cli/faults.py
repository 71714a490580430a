"""Faults in files that people wrote, as the commands show them: for people with the line and a caret, for machines as
rows.
"""

from collections.abc import Iterable

from gatepost.cli.output import write, write_row
from gatepost.errors import Fault, FaultLevel

__all__ = ["fault_row", "show_faults"]


def show_faults(source: bytes, faults: Iterable[Fault], json: bool) -> None:
    """Every fault, on stdout."""
    from gatepost.core.signatures import show_fault

    for fault in faults:
        if json:
            write_row(fault_row(fault))
        else:
            level = "" if fault.level is FaultLevel.ERROR else f"{fault.level}: "
            write(f"{level}{show_fault(source, fault)}\n\n")


def fault_row(fault: Fault) -> dict[str, object]:
    """A fault for machines; its level is for those to add who know several, and its file where there are several."""
    return ({"file": fault.file} if fault.file else {}) | {
        "id": fault.id,
        "line": fault.line,
        "column": fault.column,
        "message": fault.message,
        "remedy": fault.remedy,
    }
