"""Materialise intermediate tables of an iterative Spark job."""

from pyspark.sql import DataFrame


def materialised(table: DataFrame) -> DataFrame:
    """`table` computed once, so that what follows does not repeat it.

    With a checkpoint directory set (`SparkContext.setCheckpointDir`) it is written there. Else, in one process, it is
    cut from its plan and kept on this machine; on a cluster it is kept on the executors with the way to make it again,
    so that a lost executor costs time and not the job.
    """
    context = table.sparkSession.sparkContext
    if context.getCheckpointDir() is not None:
        return table.checkpoint()
    if _is_one_process(context.master or ""):
        return table.localCheckpoint()
    kept = table.persist()
    kept.count()
    return kept


def _is_one_process(master: str) -> bool:
    """Whether the master is `local` or `local[n]`: no executor can be lost. `local-cluster[...]` has some."""
    return master == "local" or master.startswith("local[")
