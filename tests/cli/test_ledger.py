"""``gatepost ledger``: what crawlers took, told for people and machines, and forgotten on demand."""

import asyncio
import csv
import io
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from gatepost.core import sketches
from gatepost.core.crawlers import Standing
from gatepost.core.exposure import Exposure, ExposureKey, Outcome, Phase, Reading
from gatepost.storage import open_store

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def seen(site, crawler, outcome, phase, requests, at, standing=Standing.CLAIMED):
    key = ExposureKey(site, crawler, standing, outcome, at.date(), phase)
    paths = sketches.sketch_of(f"/{number}" for number in range(requests))
    return Exposure(key, requests, 1_000 * requests, at, at, paths)


@pytest.fixture
def count(folder):
    """Write into the ledger as workers do."""

    def write(*exposures, readings=()):
        async def run():
            store = open_store("sqlite:///sites.db")
            await store.count(exposures, readings)
            await store.close()

        asyncio.run(run())

    return write


@pytest.fixture
def crawled(blog, count, rows):
    """A site that was crawled, said no, and was crawled on; its id."""
    now = datetime.now(UTC)
    (site,) = [row["id"] for row in rows("sites", "list", "--json")]
    count(
        seen(site, "GPTBot", Outcome.SERVED, Phase.OPEN, 1_204, now - 5 * DAY),
        seen(site, "GPTBot", Outcome.SERVED, Phase.TOLD, 3, now - DAY),
        seen(site, "GPTBot", Outcome.REFUSED, Phase.TOLD, 7, now - HOUR),
        seen(site, "Googlebot", Outcome.SERVED, Phase.OPEN, 30, now - 40 * DAY),
        readings=[Reading(site, "GPTBot", now + 2 * HOUR, now, b"\xab" * 32)],
    )
    return site


def test_an_owner_is_told_in_plain_words(run, crawled):
    out = run("ledger", "report", "--site", "www.blog.example").stdout
    assert "GPTBot: 1,204 pages before you said no, 3 after, 7 refused; it has read the new file just now\n" in out
    assert "Googlebot" not in out
    assert "█" in out


def test_what_passed_under_a_licence_is_told_apart(run, rows, crawled, count):
    now = datetime.now(UTC)
    count(seen(crawled, "GPTBot", Outcome.SERVED, Phase.OPEN, 12, now, Standing.VERIFIED))
    nobody = run("ledger", "report", "--site", "blog.example").stdout
    assert "GPTBot: 1,204 pages before you said no, 3 after, 12 under a licence, 7 refused; " in nobody
    licence = ("--purpose", "ai-training", "--since", "2026-01-01", "--crawler", "GPTBot", "--network", "192.0.2.0/24")
    run("partners", "add", "acme", "--name", "Acme Data", *licence)
    run("partners", "add", "over", "--name", "Over", *licence, "--until", "2026-02-01")
    run("partners", "add", "other", "--name", "Other", "--purpose", "ai-training")
    out = run("ledger", "report", "--site", "blog.example").stdout
    assert "GPTBot: 1,204 pages before you said no, 3 after, 12 under the licence of Acme Data, 7 refused; " in out
    assert "licensed" in out
    (told,) = rows("ledger", "report", "--site", "blog.example", "--json")
    assert [(one["licensed"], one["partners"]) for one in told["crawlers"]] == [(12, ["Acme Data"])]


def test_more_days_reach_further_back(run, crawled):
    out = run("ledger", "report", "--site", "blog.example", "--days", "60").stdout
    assert "Googlebot: 30 pages; it was not seen reading robots.txt\n" in out


def test_nobody_came(run, blog):
    assert "no known crawler came" in run("ledger", "report", "--site", "blog.example").stdout


def test_who_came_against_robots_txt_is_a_finding(run, crawled, count):
    count(seen(crawled, "GPTBot", Outcome.REFUSED, Phase.READ, 12, datetime.now(UTC)))
    out = run("ledger", "report", "--site", "blog.example", status=1).stdout
    assert "; 12 requests were against robots.txt, which it had read or had had a day to read\n" in out


def test_json_tells_the_same(rows, crawled):
    (told,) = rows("ledger", "report", "--site", f"id:{crawled}", "--json")
    (one,) = told["crawlers"]
    assert (one["crawler"], one["served_before"], one["served_after"], one["refused"]) == ("GPTBot", 1_204, 3, 7)
    assert (one["denied"], one["knowledge"], one["against"]) == (True, "read-since", 0)
    assert one["reading"]["sha256"] == "ab" * 32
    assert len(told["days"]) == 30
    if sketches.is_known():
        assert one["paths"] == pytest.approx(1_204, rel=0.1)


def test_csv_has_the_counts(run, crawled):
    table = list(csv.DictReader(io.StringIO(run("ledger", "report", "--site", "blog.example", "--csv").stdout)))
    assert [(row["crawler"], row["outcome"], row["phase"], row["requests"]) for row in table] == [
        ("GPTBot", "served", "open", "1204"),
        ("GPTBot", "served", "told", "3"),
        ("GPTBot", "refused", "told", "7"),
    ]


def test_parquet_has_the_same(run, crawled):
    parquet = pytest.importorskip("pyarrow.parquet", reason="missing: pip install 'gatepost[exports]'")
    run("ledger", "report", "--site", "blog.example", "--parquet", "out.parquet")
    table = parquet.read_table(Path("out.parquet")).to_pylist()
    assert [row["requests"] for row in table] == [1_204, 3, 7]
    assert table[0]["first_seen"].tzinfo is not None


def test_two_forms_at_once_are_none(run, crawled):
    run("ledger", "report", "--site", "blog.example", "--csv", "--json", status=2)


def test_what_is_old_is_purged(run, rows, crawled):
    assert rows("ledger", "purge", "--json") == [{"forgotten": 0}]
    before = (datetime.now(UTC) - 30 * DAY).date().isoformat()
    assert rows("ledger", "purge", "--before", before, "--json") == [{"forgotten": 1}]
    assert "Googlebot" not in run("ledger", "report", "--site", "blog.example", "--days", "60").stdout
    run("ledger", "purge", "--before", "yesterday", status=2)


def test_a_site_is_erased(run, crawled):
    assert run("ledger", "erase", "--site", "blog.example").stdout == "4 counts forgotten\n"
    assert "no known crawler came" in run("ledger", "report", "--site", "blog.example", "--days", "60").stdout
