"""What holds for every test: no part is missing in CI, and async tests run on asyncio."""

from collections.abc import Generator
from typing import TypeVar

import pytest

from needs import MISSING, in_ci

Report = TypeVar("Report", pytest.TestReport, pytest.CollectReport)


@pytest.fixture(scope="session")
def anyio_backend():
    return "asyncio"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    return fail_if_missing((yield))


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    return fail_if_missing((yield))


def fail_if_missing(report: Report) -> Report:
    """In CI, a skip for a missing part is a failure: a green run means that everything ran."""
    if in_ci() and report.skipped and isinstance(report.longrepr, tuple):
        path, line, reason = report.longrepr
        if reason.removeprefix("Skipped: ").startswith(MISSING):
            report.outcome = "failed"
            report.longrepr = f"{path}:{line}: {reason}\nIn CI nothing may be missing."
    return report
