"""Figures and tables, on the terminal and in README.md between its markers."""

import os
import platform
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.doors import PEERS, release

__all__ = ["Figure", "Table", "rewrite_readme", "shown"]

BEGIN, END = "<!-- figures: begin -->", "<!-- figures: end -->"


@dataclass(frozen=True, slots=True)
class Figure:
    """What has a budget."""

    axis: str
    value: float
    unit: str
    budget: float
    stretch: float | None = None

    @property
    def verdict(self) -> str:
        """Whether the budget is met, and the stretch."""
        if self.value > self.budget:
            return "NOT met"
        return "met, stretch too" if self.stretch is not None and self.value <= self.stretch else "met"

    @property
    def cells(self) -> Sequence[str]:
        """A row of the table of budgets."""
        stretch = "" if self.stretch is None else f"{self.stretch:g} {self.unit}"
        return (self.axis, f"{self.value:.3g} {self.unit}", f"{self.budget:g} {self.unit}", stretch, self.verdict)


@dataclass(frozen=True, slots=True)
class Table:
    """A table with its title, and what a reader has to know to read it."""

    title: str
    head: Sequence[str]
    rows: Sequence[Sequence[str]]
    note: str = ""

    def lines(self) -> Iterable[str]:
        """In Markdown, which reads well on a terminal too."""
        widths = [max(len(row[column]) for row in (self.head, *self.rows)) for column in range(len(self.head))]
        yield f"## {self.title}"
        yield ""
        if self.note:
            yield from (self.note, "")
        yield _line(self.head, widths)
        yield "|" + "|".join("-" * (width + 2) for width in widths) + "|"
        yield from (_line(row, widths) for row in self.rows)
        yield ""


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    return "| " + " | ".join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True)) + " |"


def shown(figures: Sequence[Figure], tables: Sequence[Table], seconds: float, quick: bool) -> str:
    """The whole report."""
    head = ("what", "measured", "budget", "stretch", "verdict")
    budgets = Table("Budgets", head, [figure.cells for figure in figures], "`x` is a multiple of the no-op's cost.")
    lines = [_circumstances(seconds, quick), "", *budgets.lines()]
    for table in tables:
        lines += table.lines()
    return "\n".join(lines)


def _circumstances(seconds: float, quick: bool) -> str:
    day = datetime.now(UTC).date().isoformat()
    packages = ("starlette", "ahocorasick-rs", "SQLAlchemy", "pydantic", *dict.fromkeys(peer.package for peer in PEERS))
    releases = ", ".join(f"{package} {release(package) or 'not installed'}" for package in packages)
    python = f"{platform.python_implementation()} {platform.python_version()}"
    return (
        f"Measured on {day} with `python benchmarks{' --quick' if quick else ''}` in {seconds:.0f} s: {_processor()}, "
        f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}, {sys.platform}, {python}; {releases}."
    )


def _processor() -> str:
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.is_file():
        for line in cpuinfo.read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def rewrite_readme(path: Path, report: str) -> None:
    """Put the report between the markers of a file, and leave the rest of it alone."""
    before, begin, rest = path.read_text(encoding="utf-8").partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise SystemExit(f"{path.name} has no {BEGIN} and {END}")
    path.write_text(f"{before}{BEGIN}\n{report.rstrip()}\n{END}{after}", encoding="utf-8")
