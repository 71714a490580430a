"""What a test needs of the machine beyond Python: without it the test is skipped on a desk, and fails in CI."""

import os
from typing import NoReturn

import pytest

__all__ = ["MISSING", "in_ci", "missing"]

MISSING = "missing:"


def missing(reason: str) -> NoReturn:
    """End this test because a part is not there: ``missing("PostgreSQL: apt-get install postgresql")``.

    The hook in conftest.py turns such a skip into a failure in CI, also where it was written as a ``skipif`` mark with
    a reason that begins with ``missing:``.
    """
    pytest.skip(f"{MISSING} {reason}", allow_module_level=True)


def in_ci() -> bool:
    """Whether nothing may be missing."""
    return os.environ.get("CI", "").lower() not in ("", "0", "false")
