"""A test that lacks a part of the machine is skipped on a desk, and fails in CI."""

import os
import re
import shutil
import subprocess
import sys

import pytest

from house.source_tree import CHECKOUT

SKIPS = {
    "called": "from needs import missing\ndef test_it(): missing('a lion')",
    "in_a_fixture": "import pytest, needs\n@pytest.fixture\ndef f(): needs.missing('a lion')\ndef test_it(f): pass",
    "marked": "import pytest\n@pytest.mark.skipif(True, reason='missing: a lion')\ndef test_it(): pass",
    "whole_module": "from needs import missing\nmissing('a lion')",
    "an_import": "import pytest\npytest.importorskip('lion', reason='missing: a lion')",
}
OTHERS = {
    "another_reason": "import pytest\ndef test_it(): pytest.skip('only on Tuesdays')",
    "runs": "def test_it(): pass",
}


@pytest.fixture
def told(tmp_path):
    """Run these files beside our conftest; give what pytest says at the end."""
    for name in ("conftest.py", "needs.py"):
        shutil.copy(CHECKOUT / "tests" / name, tmp_path)
    (tmp_path / "pytest.ini").write_text("[pytest]\npythonpath = .\naddopts = --import-mode=importlib\n")
    for name, text in (SKIPS | OTHERS).items():
        (tmp_path / f"test_{name}.py").write_text(text)

    def run(**environment):
        desk = {key: value for key, value in os.environ.items() if key not in ("CI", "PYTEST_ADDOPTS")}
        options = ["-rA", "--continue-on-collection-errors", "-p", "no:cacheprovider"]
        command = [sys.executable, "-m", "pytest", *options, str(tmp_path)]
        return subprocess.run(command, cwd=tmp_path, env=desk | environment, capture_output=True, text=True).stdout

    return run


@pytest.mark.slow
@pytest.mark.parametrize("desk", [{}, {"CI": "false"}])
def test_on_a_desk_a_missing_part_is_a_skip(told, desk):
    out = told(**desk)
    assert "1 passed, 6 skipped" in out.splitlines()[-1]
    assert sum(map(int, re.findall(r"^SKIPPED \[(\d)\] .*missing: a lion$", out, re.MULTILINE))) == len(SKIPS)


@pytest.mark.slow
def test_in_ci_it_is_a_failure_and_any_other_skip_is_left_alone(told):
    out = told(CI="true")
    assert "1 failed, 1 passed, 1 skipped, 4 errors" in out.splitlines()[-1]  # an error: failed before it ran
    assert len(re.findall(r"^(?:FAILED|ERROR) .*test_(\w+)\.py", out, re.MULTILINE)) == len(SKIPS)
