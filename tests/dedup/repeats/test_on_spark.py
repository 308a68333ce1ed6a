"""The same on Spark as in one process, for any spread of the documents."""

import random
from typing import TYPE_CHECKING

import pytest

from dedup.repeats.rows import partition_numbers
from dedup.repeats.settings import LineSettings, SubstringSettings
from tests.dedup.repeats.brute_force import later_units, repeated_bytes
from tests.dedup.repeats.finding import covered, found_spans, tasks

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

WINDOW = 32


def documents() -> list[bytes]:
    """A banner in all, unequal neighbours around it, and pages that are there twice."""
    generator = random.Random(5)
    banner = b"We use cookies to make this page better for all who read it."
    texts = [b"%d\n\n%s\n\n%s" % (number, banner, generator.randbytes(60).hex().encode()) for number in range(40)]
    return texts + texts[::-7]


@pytest.mark.parametrize(("parts", "buckets", "partitions"), [(1, 1, 1), (7, 16, 4)])
def test_cuts_are_those_of_the_definition(spark: "SparkSession", parts: int, buckets: int, partitions: int) -> None:
    texts = documents()
    numbers = random.Random(parts).sample(range(len(texts)), len(texts))
    frame = spark.createDataFrame([(task,) for task in tasks(parts)], "task string").repartition(parts)
    spans = found_spans(
        texts,
        LineSettings(min_bytes=20),
        SubstringSettings(min_bytes=WINDOW),
        parts=[numbers[part::parts] for part in range(parts)],
        buckets=buckets,
        partitions=partitions,
        frame=frame,
    )
    lines = [[(start, end) for start, end, kind in own if kind == 0] for own in spans]
    assert lines == later_units(texts, "paragraph", 20, 1)
    cut = [covered([s for s in own if s[2] == 1], len(text)) for own, text in zip(spans, texts, strict=True)]
    assert cut == repeated_bytes(texts, WINDOW)


def test_each_number_goes_to_a_partition_of_its_own(spark: "SparkSession") -> None:
    from pyspark.sql import functions as F

    numbers = partition_numbers(37).tolist()
    frame = spark.createDataFrame([(number,) for number in numbers], "partition int").repartition(37, "partition")
    found = {row[0]: row[1] for row in frame.select("partition", F.spark_partition_id()).collect()}
    assert [found[number] for number in numbers] == list(range(37))
