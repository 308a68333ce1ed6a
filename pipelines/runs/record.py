"""`<lake>/runs/<run id>/run.json`: one run, from its start to how it ended."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from mixer import storage
from pipelines.lake import Lake, folders_in

RUN_NAME = "run.json"
LOG_NAME = "log.jsonl"
READERS = 16  # threads that wait for small files

# A run says every minute that it is alive. One that has been silent for so long was killed; clocks may differ a little.
SILENT_SECONDS = 600.0

Outcome = Literal["running", "done", "failed", "interrupted"]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid")


class SourceDone(_Part):
    """What a stage has for one source."""

    fingerprint: str
    made: bool  # by this run; else it was there
    splits: int  # files that hold it
    documents_in: int
    documents_out: int


class StageDone(_Part):
    """A stage that is through."""

    stage: str
    seconds: float
    tasks: int
    sources: dict[str, SourceDone] = Field(default_factory=dict)


class RunRecord(_Part):
    """The file."""

    format_version: Literal[1] = 1
    id: str
    recipe: str
    recipe_digest: str  # of the recipe with every default filled in
    code_ratio: float | None = None
    budget_tokens: int | None = None
    until: str = ""
    command: list[str] = Field(default_factory=list)  # without credentials
    versions: dict[str, str] = Field(default_factory=dict)
    started: str
    updated: str  # the last sign of life
    ended: str = ""
    outcome: Outcome = "running"
    error: str = ""
    stages: list[StageDone] = Field(default_factory=list)
    mixture: str = ""  # its folder, from the lake's on
    documents: int = 0  # of the first stage's sources
    tokens: int = 0

    def is_alive(self, now: datetime) -> bool:
        """Whether it runs and has told of it lately."""
        return self.outcome == "running" and (now - when(self.updated)).total_seconds() < SILENT_SECONDS

    def state(self, now: datetime) -> str:
        """The outcome as people should read it: a run that was killed could not write one."""
        return "unfinished" if self.outcome == "running" and not self.is_alive(now) else self.outcome

    def seconds(self) -> float:
        """From its start to its end, or its last sign of life."""
        return max(0.0, (when(self.ended or self.updated) - when(self.started)).total_seconds())

    def uses(self) -> Iterator[tuple[str, str, str]]:
        """(stage, source, fingerprint) of what it found or made."""
        for stage in self.stages:
            for source, done in stage.sources.items():
                yield stage.stage, source, done.fingerprint


def when(text: str) -> datetime:
    """The time that is written; the beginning of time for what is none."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return datetime.fromtimestamp(0, UTC)
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def read_runs(lake: Lake, newest: int | None = None) -> list[RunRecord]:
    """Runs of a lake, the newest first; a file that is no record is left out."""
    names = sorted(folders_in(f"{lake.uri}/runs"), reverse=True)[:newest]
    with ThreadPoolExecutor(READERS) as readers:
        found = readers.map(lambda name: _read(f"{lake.uri}/runs/{name}/{RUN_NAME}"), names)
        return [record for record in found if record is not None]


def _read(uri: str) -> RunRecord | None:
    try:
        return RunRecord.model_validate_json(storage.read_bytes(uri))
    except (OSError, ValidationError):
        return None
