"""Make this checkout's own environment: ``bootstrap.py FOLDER EXTRAS`` installs ``.[EXTRAS]``, editable, into FOLDER.

Needs nothing but Python. An environment that works is kept and added to; one that was moved, copied or left behind by a
removed Python is made anew. pip's own words go to FOLDER/install.log, and to the screen when it fails.
"""

import importlib.util
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parent.parent
LOG_TAIL = 30


def main(arguments: list[str]) -> int:
    """Make the environment, or say in a sentence what is missing."""
    if len(arguments) != 2:
        print(__doc__, file=sys.stderr)
        return 2
    folder, extras = CHECKOUT / arguments[0], arguments[1]
    try:
        if not is_ours(folder):
            create(folder)
        install(folder, extras)
    except Unable as error:
        print(f"\n{error}", file=sys.stderr)
        return 1
    return 0


class Unable(Exception):
    """What is missing, and the one command that mends it."""


def is_ours(folder: Path) -> bool:
    """Whether the environment runs, from the very place where it was made."""
    python = folder / "bin" / "python"
    question = "import sys, pip; sys.exit(sys.version_info < (3, 11))"
    try:
        subprocess.run([python, "-c", question], capture_output=True, check=True)
        # The first lines of pip's script name the interpreter it was installed for, and so the place.
        return str(python) in (folder / "bin" / "pip").read_text(encoding="utf-8", errors="replace")
    except (OSError, subprocess.CalledProcessError):
        return False


def create(folder: Path) -> None:
    """Make an empty environment in the folder."""
    print(f"Making {folder.name} with Python {'.'.join(map(str, sys.version_info[:3]))}", flush=True)
    if importlib.util.find_spec("ensurepip") is None or importlib.util.find_spec("venv") is None:
        provide_venv()
    shutil.rmtree(folder, ignore_errors=True)
    made = subprocess.run([sys.executable, "-m", "venv", folder], capture_output=True, text=True)
    if made.returncode:
        shutil.rmtree(folder, ignore_errors=True)
        raise Unable(f"{sys.executable} -m venv failed:\n{made.stdout}{made.stderr}")


def provide_venv() -> None:
    """Bring what Debian leaves out of its Python; as root by itself, else by saying how."""
    package = f"python{sys.version_info[0]}.{sys.version_info[1]}-venv"
    command = f"apt-get update && apt-get install -y {package}"
    if not shutil.which("apt-get"):
        raise Unable(f"{sys.executable} has no venv or no ensurepip: install that part of it, or choose PYTHON=...")
    if os.geteuid() != 0:
        raise Unable(f"{sys.executable} cannot make environments yet. Run this once, then again what you ran:\n"
                     f"    sudo sh -c '{command}'")  # fmt: skip
    print(f"Installing {package}", flush=True)
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for step in (["update", "-qq"], ["install", "-y", "-qq", package]):
        done = subprocess.run(["apt-get", *step], env=environment, capture_output=True, text=True)
        if done.returncode:
            raise Unable(f"apt-get {' '.join(step)} failed:\n{done.stdout}{done.stderr}")
    importlib.invalidate_caches()


def install(folder: Path, extras: str) -> None:
    """Install the checkout, editable, with these extras, and show that it moves."""
    pip_install = [str(folder / "bin" / "python"), "-m", "pip", "install", "--disable-pip-version-check", "--no-input"]
    started = time.monotonic()
    lines: list[str] = []
    with (
        (folder / "install.log").open("w", encoding="utf-8") as log,
        subprocess.Popen(
            [*pip_install, "--progress-bar", "off", "-e", f".[{extras}]"],
            cwd=CHECKOUT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace",
        ) as pip,
    ):  # fmt: skip
        for line in shown(pip.stdout or (), extras):
            log.write(line)
            lines.append(line)
    if pip.returncode:
        raise Unable(f"pip failed ({folder.name}/install.log):\n{''.join(lines[-LOG_TAIL:])}")
    print(f"Ready: {folder.name} with gatepost[{extras}], {time.monotonic() - started:.0f} s", flush=True)


def shown(lines: Iterable[str], extras: str) -> Iterator[str]:
    """The same lines, while a short account of them goes to the screen."""
    at_terminal = sys.stdout.isatty()
    anew = "\r\x1b[K" if at_terminal else ""
    print(f"Installing gatepost[{extras}] (a minute or so the first time)", flush=True)
    for line in lines:
        if line.startswith("Installing collected packages"):
            print(f"{anew}  unpacking {line.count(',') + 1} packages", flush=True)
        elif at_terminal and line.startswith("Collecting "):
            print(f"{anew}  {line.split()[1]}", end="", flush=True)
        yield line


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
