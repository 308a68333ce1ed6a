"""What a person sees when something goes wrong: one message for what they can mend, a stack for a fault of ours."""

import os
import re
import sys
import traceback
from typing import NoReturn

import pyarrow as pa
import typer
from pydantic import ValidationError

from mixer.export.files import ExportError
from mixer.manifest import ManifestError
from mixer.request import PlanError
from pipelines.ablation.running import RunFailed
from pipelines.context import NotBuilt, RetentionError
from pipelines.duplicate_listing.naming import NoCluster
from pipelines.explaining.plain_text import plain_lines
from pipelines.explaining.question import NotInMixture
from pipelines.lake import UnbalancedBooks
from pipelines.recipe_keys.problems import RecipeError
from pipelines.redaction import redacted
from pipelines.removal.absence import StillThere
from pipelines.reporting.files import Gone
from pipelines.source import SourceKindError
from pipelines.upkeep.cleaning import LakeInUse
from quality.fasttext.reader import ModelFileError
from trainer.errors import TrainerError

EXPECTED_ERRORS = (
    RecipeError,
    PlanError,
    RetentionError,
    UnbalancedBooks,
    NotBuilt,
    TrainerError,
    ManifestError,
    ExportError,
    StillThere,
    Gone,
    NotInMixture,
    NoCluster,
    RunFailed,
    ModelFileError,
    SourceKindError,
    LakeInUse,
    OSError,  # a full disk, a missing file, a damaged one
    pa.ArrowInvalid,
    ValidationError,  # a manifest that is none
)

# What Spark says when it gives a job up, the most telling first; further lines are stacks.
LAST_FAILURES = (
    r"[Mm]ost recent failure(?: reason)?:\s*(.*)",
    r"Job aborted due to stage failure:\s*(.*)",
    r"Job \d+ cancelled because\s*(.*)",
    # The task's own error as Java's, thrown again where the driver waits for the job.
    r"(?s)^[^\n]*\n: ([^\n]*)(?=.*DAGScheduler\.runJob)",
)
HINTS = {
    r"No space left on device": "Make room (the lake, and SPARK_LOCAL_DIRS of the executors) and run again",
    r"MemoryError|OutOfMemoryError|failed to map segment|[Cc]annot allocate memory|bad_alloc|malloc of size|"
    r"Python worker exited unexpectedly|reading the port number from pyspark.daemon|ExecutorLostFailure": (
        "If memory ran out (the executors' logs and the kernel's tell), give executors more: "
        "spark.executor.memoryOverhead for Python, spark.executor.memory for the JVM, or fewer cores each"
    ),
}


def run_command(command: typer.Typer) -> None:
    """Run a command line; exit code 2 with one message for an error that a person can mend."""
    try:
        command()
    except EXPECTED_ERRORS as error:
        _stop(error, f"{error}")
    except Exception as error:  # what a Spark worker raised arrives as Java's or Python's error around it
        cause = workers_error(error)
        if cause is None:
            _fall(error)
        _stop(error, f"a task failed: {cause}")


def workers_error(error: Exception) -> str | None:
    """Why a Spark job failed: the last line of the Python traceback that a task brought along, else what Spark says of
    the last failure (a process that was killed, a full disk); with what to do about it. None for what is no job's.
    """
    if not type(error).__module__.startswith(("py4j.", "pyspark.")):
        return None
    text = str(error)
    lines = re.findall(r"^(?:\w+\.)*\w*(?:Error|Exception|Failure|File): .*$", text, re.MULTILINE)
    named = [line for line in lines if not line.startswith(("org.apache", "java.", "py4j.", "pyspark."))]
    told = named[-1:] or [found[1] for pattern in LAST_FAILURES if (found := re.search(pattern, text))]
    if not told:
        return None
    hints = [hint for pattern, hint in HINTS.items() if re.search(pattern, text)]
    return ". ".join([told[0].strip().rstrip("."), *hints[:1]])


def _stop(error: Exception, message: str) -> None:
    """One message for a person, the whole story with MIXDOWN_TRACE=1."""
    if os.environ.get("MIXDOWN_TRACE"):
        _fall(error)
    # File names and what servers answer come from outside: nothing in them moves the cursor or changes colours.
    print("\n".join(plain_lines(redacted(f"mixdown: {message}"))), file=sys.stderr)
    sys.exit(2)


def _fall(error: Exception) -> NoReturn:
    """The whole stack, as Python would show it but for credentials; exit status 1."""
    print(redacted("".join(traceback.format_exception(error))), file=sys.stderr, end="")
    sys.exit(1)
