"""The export gate in a real Spark session: the same function, where the rows are."""

import os
import shutil
import sys
from functools import partial

import pytest

from export_items import CLOSED, SHARED, SITES, consents
from gatepost import share_batches
from needs import missing

pytestmark = pytest.mark.slow
PARTITIONS = 2
ROWS = 3_000


@pytest.fixture
def spark(monkeypatch):
    pytest.importorskip("pyspark", reason="missing: pyspark")
    if shutil.which("java") is None:
        missing("Java 17: apt-get install openjdk-17-jre-headless")
    from pyspark.sql import SparkSession

    monkeypatch.setenv("PYSPARK_PYTHON", sys.executable)
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(sys.path))
    builder = SparkSession.builder.master(f"local[{PARTITIONS}]").config("spark.ui.enabled", "false")
    builder = builder.config("spark.driver.host", "127.0.0.1").config("spark.driver.bindAddress", "127.0.0.1")
    session = builder.getOrCreate()
    yield session
    session.stop()


def records():
    """Items of every site and of every closed class in turn."""
    changes = [{}, *({field: value} for field, value, _ in CLOSED)]
    for number in range(ROWS):
        site, change = list(SITES)[number % len(SITES)], changes[number % len(changes)]
        yield {**SHARED, "id": str(number), "site": site, "authors": ["other.example"], **change}


@pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::DeprecationWarning", "ignore::FutureWarning")
def test_spark_shares_what_the_command_would(spark):
    import pyarrow

    from gatepost import decide_export, read_item

    everything = consents()
    frame = spark.createDataFrame(pyarrow.Table.from_pylist(list(records()))).repartition(PARTITIONS)
    shared = frame.mapInArrow(partial(share_batches, everything), frame.schema)
    expected = {one["id"] for one in records() if decide_export(read_item(one), everything).shared}
    assert {row.id for row in shared.select("id").collect()} == expected
    assert len(expected) == sum(1 for number in range(ROWS) if number % 5 < 2 and number % 13 == 0)
