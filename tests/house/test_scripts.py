"""A bare machine gets a Python that is new enough, or is told in words what is missing."""

import subprocess
import sys

import pytest

from house.source_tree import CHECKOUT

OLD = "#!/bin/sh\nexit 1\n"  # also what a version manager's stand-in does for a Python that it does not have
NEW = f'#!/bin/sh\nexec "{sys.executable}" "$@"\n'
QUESTION = ("-c", "print('ran')")


@pytest.fixture
def machine(tmp_path):
    """A machine whose PATH holds these programs alone; gives exit status, output and complaints of scripts/python."""

    def run(programs, **environment):
        folder = tmp_path / "bin with spaces"
        folder.mkdir()
        for name, text in programs.items():
            (folder / name).write_text(text)
            (folder / name).chmod(0o755)
        (folder / "cat").symlink_to("/bin/cat")
        command = ["/bin/sh", str(CHECKOUT / "scripts" / "python"), *QUESTION]
        done = subprocess.run(command, env={"PATH": str(folder), **environment}, capture_output=True, text=True)
        return done.returncode, done.stdout, done.stderr

    return run


@pytest.mark.parametrize(
    "programs",
    [{"python3": NEW}, {"python3.13": OLD, "python3.12": NEW}, {"python3.11": OLD, "python3": OLD, "python": NEW}],
)
def test_the_first_python_that_runs_and_is_new_enough_is_taken(machine, programs):
    assert machine(programs) == (0, "ran\n", "")


@pytest.mark.parametrize("programs", [{}, {"python3.13": OLD, "python3": OLD}])
def test_without_one_it_is_said_what_to_install(machine, programs):
    status, out, complaint = machine(programs)
    assert (status, out) == (1, "")
    assert "needs Python 3.11 or newer" in complaint


def test_python_chooses(machine):
    assert machine({"python3": OLD}, PYTHON=sys.executable)[:2] == (0, "ran\n")


def test_a_choice_that_does_not_do_is_not_replaced_silently(machine):
    status, _, complaint = machine({"python3": NEW}, PYTHON="/nowhere/python")
    assert (status, "PYTHON=/nowhere/python does not run" in complaint) == (1, True)
