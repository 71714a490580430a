"""How long a start takes, and how fast ``gatepost classify`` is; each in a new process."""

import statistics
import subprocess
import sys
import tempfile
from importlib.util import find_spec
from pathlib import Path
from time import perf_counter

from benchmarks.report import Figure, Table
from benchmarks.traffic import browsers

__all__ = ["measure_start"]

_STAGES = """
from time import perf_counter as now
begun = now()
import gatepost
imported = now()
from gatepost.core.matching import Matcher
from gatepost.sources import load_signatures
Matcher(load_signatures())
ready = now()
gatepost.open_gate("sqlite://")
print(imported - begun, ready - begun, now() - begun)
"""


def measure_start(times: int, lines: int) -> tuple[list[Figure], list[Table]]:
    """The median of several processes; ``lines`` is how many user agents are classified."""
    runs = [_stages() for _ in range(times)]
    imported, ready, gate = (statistics.median(stage) * 1000 for stage in zip(*runs, strict=True))
    rows = [
        ["`import gatepost`", f"{imported:.0f} ms"],
        ["and the default signatures, compiled", f"{ready:.0f} ms"],
        ["and a gate on SQLite", f"{gate:.0f} ms"],
        ["`gatepost classify`", _classify(lines)],
    ]
    figure = Figure("import and default signatures", ready, "ms", 400, 150)
    return [figure], [Table("Start", ("", "measured"), rows)]


def _stages() -> list[float]:
    finished = subprocess.run([sys.executable, "-c", _STAGES], check=True, capture_output=True, text=True)
    return [float(seconds) for seconds in finished.stdout.split()]


def _classify(lines: int) -> str:
    """User agents a second through the command, its start included and not; half of them seen before."""
    if find_spec("gatepost.cli") is None:
        return "no command line here"
    agents = browsers(lines // 2)
    with tempfile.TemporaryDirectory() as folder:
        file, nothing = Path(folder, "agents"), Path(folder, "nothing")
        file.write_bytes(b"\n".join([*agents, *agents]) + b"\n")
        nothing.write_bytes(b"")
        start, whole = _command(nothing), _command(file)
    if start is None or whole is None:
        return "the command does not work here"
    rest = f"{lines / (whole - start):,.0f} without" if whole > start else "too few to say more"
    return f"{lines / whole:,.0f} lines/s with its start of {start * 1000:.0f} ms, {rest}"


def _command(file: Path) -> float | None:
    begun = perf_counter()
    command = [sys.executable, "-m", "gatepost.cli", "classify", str(file)]
    finished = subprocess.run(command, check=False, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return perf_counter() - begun if finished.returncode == 0 else None
