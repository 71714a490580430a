"""What is due for a review, and since when nobody has read a source."""

from datetime import date, timedelta
from pathlib import Path

import pytest

from gatepost.core.freshness import freshness
from gatepost.core.signatures import read_signatures

SOURCE = (Path(__file__).parent / "signature_files" / "good" / "two-entries.yaml").read_text("utf-8")
CHECKED = "checked: 2026-11-22"


@pytest.fixture
def signatures():
    """Two entries: one was checked in March, one in November; both are due in May."""
    return read_signatures(SOURCE.replace(CHECKED, "checked: 2026-03-01", 1).encode())


def test_the_newest_review_says_how_many_days_ago(signatures):
    fresh = freshness(signatures, date(2026, 12, 2))
    assert (fresh.newest, fresh.oldest, fresh.days) == (date(2026, 11, 22), date(2026, 3, 1), 10)


def test_a_clock_that_is_behind_gives_no_negative_age(signatures):
    assert freshness(signatures, date(2026, 1, 1)).days == 0


def test_an_entry_is_overdue_from_the_day_after_its_review_by(signatures):
    last = max(crawler.review_by for crawler in signatures.crawlers)
    assert len(freshness(signatures, last).overdue) < 2
    assert len(freshness(signatures, last + timedelta(days=1)).overdue) == 2
