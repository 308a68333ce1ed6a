"""What a failed Spark job is told as: one line, with what to do."""

import pytest

from pipelines.messages import workers_error

ABORTED = "An error occurred.\n: org.apache.spark.SparkException: Job aborted due to stage failure: "


def java(story: str) -> Exception:
    """The error that py4j raises around Java's."""
    error_type = type("Py4JJavaError", (Exception,), {"__module__": "py4j.protocol"})
    error: Exception = error_type(story)
    return error


@pytest.mark.parametrize(
    ("story", "begins", "hint"),
    [
        (
            ABORTED
            + "Task 0 in stage 0.0 failed 4 times, most recent failure: Lost task 0.3 in stage 0.0 (executor 1): "
            "org.apache.spark.SparkException: Python worker exited unexpectedly (crashed)\n\tat x\n",
            "Lost task 0.3 in stage 0.0",
            "spark.executor.memoryOverhead",
        ),
        (
            ABORTED
            + "ShuffleMapStage 4 has failed the maximum allowable number of times: 4. Most recent failure reason:"
            "\norg.apache.spark.shuffle.FetchFailedException: gone\n\tat x",
            "org.apache.spark.shuffle.FetchFailedException: gone",
            "",
        ),
        (
            ABORTED
            + "Task 1 failed 4 times, most recent failure: Lost task: java.io.IOException: No space left on device\n",
            "Lost task: java.io.IOException",
            "SPARK_LOCAL_DIRS",
        ),
        (
            ABORTED
            + "Task 1 failed, most recent failure: Lost task: Traceback\n  File x\nOSError: [Errno 28] No space\n",
            "OSError: [Errno 28]",
            "",
        ),
        (
            "An error occurred while calling z:collectAndServe.\n: org.apache.spark.SparkException: EOFException occurred "
            "while reading the port number from pyspark.daemon's stdout.\n\tat x.Y\n\tat o.a.DAGScheduler.runJob(D.scala)\n",
            "org.apache.spark.SparkException: EOFException",
            "spark.executor.memoryOverhead",
        ),
        (": org.apache.spark.SparkException: Job 3 cancelled because the context was shut down\n", "the context", ""),
    ],
)
def test_a_failed_job_is_told_in_one_line(story: str, begins: str, hint: str) -> None:
    told = workers_error(java(story))
    assert told is not None
    assert told.startswith(begins)
    assert "\n" not in told
    assert hint in told


def test_what_is_no_jobs_failure_keeps_its_stack() -> None:
    assert workers_error(java("py4j could not find the method")) is None
