"""What ``gatepost doctor`` finds: one thing, how bad it is, and how to mend it."""

from dataclasses import asdict, dataclass
from typing import Literal

__all__ = ["Finding", "Level", "fault", "ok", "warning"]

Level = Literal["ok", "warning", "fault"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One finding; ``id`` is stable, ``remedy`` is empty where nothing is to be done."""

    level: Level
    id: str
    message: str
    remedy: str = ""

    def told(self) -> dict[str, str]:
        """As JSON has it."""
        return asdict(self)


def ok(id: str, message: str) -> Finding:
    """All is well."""
    return Finding("ok", id, message)


def warning(id: str, message: str, remedy: str) -> Finding:
    """It works, and may not for long or not as meant."""
    return Finding("warning", id, message, remedy)


def fault(id: str, message: str, remedy: str) -> Finding:
    """It does not work."""
    return Finding("fault", id, message, remedy)
