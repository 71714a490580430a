"""What others wrote reaches no terminal as it is: a reason, the account of a worker, the name of a client."""

import asyncio
import hashlib
import os
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from gatepost.core.workers import Met, WorkerReport
from gatepost.sources import own_version
from gatepost.storage import open_store

FORGED = "x\x1b]0;y\x07\nworker good: \u202e"
ESCAPED = "x\\x1b]0;y\\x07\\nworker good: \\u202e"


@pytest.fixture
def reported(folder):
    """Keep a worker's report, with something of a stranger in each of its words; again, with others in their place."""
    now = datetime.now(UTC)
    met = (Met(f"Bot{FORGED}", 1, (f"agent{FORGED}",)),)
    own = hashlib.sha256(Path(os.environ["GATEPOST_SIGNATURES"]).read_bytes()).hexdigest()
    report = WorkerReport(
        f"w{FORGED}", now, own_version(), 0, f"v{FORGED}", "0" * 64, "", 0, now, 0, f"no{FORGED}", met, own=own
    )

    async def keep(**more):
        store = open_store("sqlite:///sites.db")
        await store.keep_report(replace(report, **more), timedelta(minutes=1))
        await store.close()

    asyncio.run(keep())
    return lambda **more: asyncio.run(keep(**more))


def test_a_worker_forges_no_line_of_status(run, reported):
    told = run("signatures", "status", status=1).stdout
    for word in ("worker w", "version v", "refused no", "on trial, Bot", "  agent"):
        assert f"{word}{ESCAPED}" in told
    assert "\x1b" not in told
    assert [line for line in told.splitlines() if line.startswith("worker good")] == []


def test_a_reason_and_a_name_forge_none_either(run, folder, reported):
    (folder / "next.yaml").write_bytes(run("signatures", "show").stdout_bytes.replace(b"1.2.3", b"1.2.4"))
    words = ("signatures", "publish", "next.yaml", "--reason", FORGED, "--as", f"ann{FORGED}")
    told = run(*words, "--wait", "0.1", status=1).stdout
    for text in (told, run("signatures", "status", status=1).stdout):
        assert f"by operator:ann{ESCAPED}: {ESCAPED}\n" in text
        assert "\x1b" not in text
    assert f"  w{ESCAPED}: no{ESCAPED}\n" in told


def test_nor_of_what_is_refused(run, folder, reported):
    reported(own=FORGED)
    assert "another one (x\\x1b]0;y\\x07\\n" in run("signatures", "status", status=1).stdout
    (folder / "next.yaml").write_bytes(run("signatures", "show").stdout_bytes)
    assert f" is that of w{ESCAPED}, where " in run("signatures", "publish", "next.yaml", status=2).output
