"""What holds for every test: no part is missing in CI, async tests run on asyncio, and figures are told at the end."""

import math
import os
import re
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


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """The figures of guarantees, as a table."""
    reports = [report for kind in ("passed", "failed", "xfailed") for report in terminalreporter.getreports(kind)]
    told = {
        tuple(map(str, figure))
        for report in reports
        if report.when == "call"
        for name, figure in report.user_properties
        if name == "guarantee"
    }
    if told:
        terminalreporter.section(f"guarantees, {os.environ.get('GUARANTEES', 'short')} form")
        for line in table(sorted(told, key=in_order)):
            terminalreporter.line(line)


def in_order(figure: tuple[str, ...]) -> tuple[float, tuple[str, ...]]:
    """By the number of the guarantee; those that belong to none come last."""
    numbered = re.match(r"G(\d+)\b", figure[0])
    return (int(numbered[1]) if numbered else math.inf), figure


def table(figures: list[tuple[str, ...]]) -> list[str]:
    """What is promised and what was measured, in columns."""
    rows = [("guarantee", "promised", "measured"), *figures]
    widths = [max(len(row[column]) for row in rows) for column in range(2)]
    return [f"{what:{widths[0]}}  {promised:{widths[1]}}  {measured}" for what, promised, measured in rows]


def fail_if_missing(report: Report) -> Report:
    """In CI, a skip for a missing part is a failure: a green run means that everything ran."""
    if in_ci() and report.skipped and isinstance(report.longrepr, tuple):
        path, line, reason = report.longrepr
        if reason.removeprefix("Skipped: ").startswith(MISSING):
            report.outcome = "failed"
            report.longrepr = f"{path}:{line}: {reason}\nIn CI nothing may be missing."
    return report
