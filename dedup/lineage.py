"""Materialise intermediate tables of an iterative Spark job."""

from pyspark.sql import DataFrame


def materialised(table: DataFrame) -> DataFrame:
    """`table` computed once and cut from its plan, so that what follows neither repeats nor re-optimises it.

    With a checkpoint directory set (`SparkContext.setCheckpointDir`) it is written there and survives lost
    executors. Otherwise it stays on the executors' own storage: faster, but a lost executor fails the job.
    """
    if table.sparkSession.sparkContext.getCheckpointDir() is not None:
        return table.checkpoint()
    return table.localCheckpoint()
