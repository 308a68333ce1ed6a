"""pyspark's daemon, with what every worker needs loaded before the first is forked: once, and not once a core.

`spark.python.daemon.module` names it where the master is local, so that this Python's packages are the workers'.
"""

import gc

from pyspark.daemon import manager

import pipelines.steps.annotate
import pipelines.steps.decide
import pipelines.steps.ingest
import pipelines.steps.tokenize_blocks  # noqa: F401

if __name__ == "__main__":
    gc.freeze()  # no collection looks through it again, and none copies its pages
    manager()
