"""datatrove: filters, extractors and formatters of the library, run on each document in the order that is asked."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple

import pyarrow as pa
from pydantic import Field, model_validator

from quality.arrow_text import byte_strings
from quality.datatrove_adapter.blocks import Block, ReadyBlock, installed_release, ready_block
from quality.datatrove_adapter.cpu_deadline import OutOfTime, interruptible, within
from quality.judge import REASONS_TYPE
from quality.signal_group import REWRITING_GROUP, Documents, GroupSettings, Measured, SignalGroup

DATATROVE_SCHEMA = pa.schema(
    [
        ("datatrove_failures", REASONS_TYPE),  # of each block that drops the document: `<class>.<its reason>`
        ("datatrove_error", pa.string()),  # what a block raised: then the document counts as unmeasured
    ]
)

NO_REASON = "dropped"  # of a filter that gives none
EMPTY = "empty"  # of an extractor that finds no text
ERROR = "datatrove_error"
TIMEOUT = "datatrove_timeout"
MAX_ERROR_CHARS = 200
MAX_REWRITTEN_BYTES = 8 << 20  # what the other groups can measure

METADATA = ("url", "path", "license", "language_hint", "language", "language_score")


class DatatroveSettings(GroupSettings):
    """Settings of the group `datatrove`."""

    blocks: tuple[Block, ...] = Field(
        min_length=1, description="Names of blocks, or `{block: name, arguments: {...}}`, in the order they run."
    )
    max_cpu_seconds: float = Field(120, gt=0, description="CPU time that a document may take in all blocks together.")
    release: str | None = Field(None, description="Filled in: datatrove's version, since another may judge otherwise.")

    @model_validator(mode="before")
    @classmethod
    def _with_release(cls, value: Any) -> Any:
        return value | {"release": value.get("release") or installed_release()} if isinstance(value, dict) else value

    @model_validator(mode="after")
    def _can_run(self) -> "DatatroveSettings":
        if self.release != installed_release():
            raise ValueError(f"datatrove {self.release} is asked for, and {installed_release()} is installed")
        for block in self.blocks:
            ready_block(block.model_dump_json())
        return self


class _Result(NamedTuple):
    failures: list[dict[str, str | None]] | None = None
    content: bytes | None = None  # the text where it is another
    problem: str | None = None
    error: str | None = None


def measure(documents: Documents, settings: DatatroveSettings) -> Measured:
    """DATATROVE_SCHEMA for every document, and all texts where a block rewrote one.

    Every block runs, also after one that drops the document, which leaves its text to the next as it was. A text with
    marks stays as it is: formatters and extractors pass it over, and what filters change in it is put back. A document
    whose blocks raise an error, take too long or write more than MAX_REWRITTEN_BYTES is left as it is, with a problem.
    A result never depends on other documents, only on the machine's speed where `max_cpu_seconds` is reached.
    """
    blocks = [ready_block(block.model_dump_json()) for block in settings.blocks]
    contents = byte_strings(documents.text)
    known = _metadata(documents)
    with_marks = documents.has_marks.fill_null(False).to_pylist()
    results: list[_Result] = []
    with interruptible() as can_interrupt:
        for content, metadata, has_marks in zip(contents, known, with_marks, strict=True):
            work = partial(_measured, blocks, content, metadata, has_marks)
            results.append(_in_time(work, settings.max_cpu_seconds if can_interrupt else None))
    rewritten = None
    if any(result.content is not None for result in results):
        after = [
            each if result.content is None else result.content for each, result in zip(contents, results, strict=True)
        ]
        rewritten = pa.array(after, pa.large_binary()).cast(pa.large_string())
    columns = {
        "datatrove_failures": pa.array([result.failures for result in results], REASONS_TYPE),
        "datatrove_error": pa.array([result.error for result in results], pa.string()),
    }
    problems = {row: result.problem for row, result in enumerate(results) if result.problem is not None}
    return Measured(columns, problems=problems, text=rewritten)


def _in_time(work: Callable[[], _Result], max_cpu_seconds: float | None) -> _Result:
    """The result of `work`, or the problem that it had."""
    try:
        return work() if max_cpu_seconds is None else within(max_cpu_seconds, work)
    except OutOfTime:
        return _Result(problem=TIMEOUT)
    except Exception as error:
        return _Result(problem=ERROR, error=f"{type(error).__name__}: {error}"[:MAX_ERROR_CHARS])


def _measured(blocks: Sequence[ReadyBlock], content: bytes, metadata: Mapping[str, Any], has_marks: bool) -> _Result:
    text, failures = run_blocks(blocks, content.decode(), metadata, has_marks)
    after = text.encode()
    if len(after) > MAX_REWRITTEN_BYTES:
        raise ValueError(f"the blocks wrote {len(after):,} bytes, more than {MAX_REWRITTEN_BYTES:,}")
    return _Result(failures, after if after != content else None)


def run_blocks(
    blocks: Sequence[ReadyBlock], text: str, metadata: Mapping[str, Any], has_marks: bool
) -> tuple[str, list[dict[str, str | None]]]:
    """One document through all blocks: its text after them, and what those say that drop it."""
    from datatrove.data import Document

    document = Document(text=text, id="", metadata=dict(metadata))
    failures: list[dict[str, str | None]] = []
    for block in blocks:
        block.restart(text)
        before = document.text
        reason = _run(block, document, has_marks)
        if reason is not None:
            failures.append({"reason": f"{block.name}.{reason}", "value": None, "bound": None})
        if has_marks or reason is not None:
            document.text = before
    return document.text, failures


def _run(block: ReadyBlock, document: Any, has_marks: bool) -> str | None:
    """Run one block on `document`, which it may change; the reason for which it drops it."""
    if block.role == "filter":
        result = block.step.filter(document)
        keep, reason = result if isinstance(result, tuple) else (result, None)
        return None if keep else str(reason or NO_REASON)
    if has_marks:
        return None
    if block.role == "formatter":
        document.text = block.step.format(document.text)
        return None
    document.text = block.step.extract(document.text) or ""
    return None if document.text else EMPTY


def _metadata(documents: Documents) -> list[dict[str, Any]]:
    """What is known of each document, as datatrove's blocks look it up; what is not known is left out."""
    columns = {name: getattr(documents, name).to_pylist() for name in METADATA}
    rows = [dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True)]
    return [{name: value for name, value in row.items() if value is not None} for row in rows]


SIGNALS = SignalGroup(
    name=REWRITING_GROUP,
    meaning="What blocks of datatrove say of the document.",
    schema=DATATROVE_SCHEMA,
    settings=DatatroveSettings,
    measured_for=frozenset(),
    measure=measure,
)
