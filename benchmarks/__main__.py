"""``python benchmarks``: everything, on the terminal and into benchmarks/README.md. ``make bench`` runs it."""

import importlib
import sys
from pathlib import Path

if __name__ == "__main__":
    # In place of this folder its parent, so that the modules have one name, benchmarks.x, however they are started.
    sys.path[0] = str(Path(__file__).resolve().parents[1])
    importlib.import_module("benchmarks.command_line").main()
