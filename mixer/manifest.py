"""The mixture's manifest: the contract between the mixer and everyone who reads shards (`docs/formats.md`)."""

import json
from pathlib import PurePosixPath
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from mixer import storage

MANIFEST_NAME = "manifest.json"
FORMAT_VERSION = 2


class ManifestError(ValueError):
    """A file that is no manifest of a mixture, or one of another version."""


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class TokenizerInfo(_Part):
    """Which vocabulary the ids mean; `special_tokens` are the only ids that stand for more than text."""

    name: str
    package: str
    package_version: str
    vocabulary_size: int  # ids are below this, special tokens included
    vocabulary_sha256: str
    special_tokens: dict[str, int]
    end_of_text: str
    id_type: Literal["uint16", "uint32"]

    def identity(self) -> dict[str, Any]:
        """What decides the ids that a text gets, as a fingerprint's input: the package's version does not."""
        return self.model_dump(include={"name", "vocabulary_sha256", "special_tokens"})


class PhaseShare(_Part):
    """One source's part of one phase. Tokens are packed training tokens: those of its rows, padding left out."""

    source: str
    asked_share: float  # as the recipe says
    target_share: float  # after tokens that an epoch cap withheld were spread over the group; else the asked one
    asked_tokens: float
    rows: int
    actual_tokens: int
    padding_tokens: int  # 0 with `concat`
    share: float  # of the phase's actual tokens
    error_sequences: float  # (actual tokens - target) / sequence length; the contract keeps it inside (-1, 1)
    first_sequence: int  # where in the source's own sequence of rows this phase starts


class Phase(_Part):
    """A contiguous range of rows with its own shares."""

    name: str
    first_row: int
    rows: int
    sources: list[PhaseShare]


class SourceTotal(_Part):
    """One source over all phases."""

    name: str
    kind: str
    group: str
    available_tokens: int  # one epoch: every surviving document and its end-of-text token
    documents: int
    asked_tokens: float
    rows: int
    actual_tokens: int
    padding_tokens: int
    share: float
    error_sequences: float
    epochs: float  # actual tokens / available tokens
    max_epochs: float | None  # the cap; None: none
    split_documents: int | None = None  # documents longer than a row; with `best_fit`, where no others are cut


class ShardFile(_Part):
    """A shard; `path` is relative to the manifest."""

    path: str
    rows: int
    bytes: int
    sha256: str
    cut_rows: dict[str, int] = Field(description="source -> rows of the shard that end inside a document")


class ValidationFile(_Part):
    """Held-out documents of one source, none of which is in a shard; `path` is relative to the manifest."""

    source: str
    group: str
    documents: int
    tokens: int  # of text: what a model is asked to predict
    text_bytes: int  # UTF-8 bytes that those tokens stand for
    path: str
    rows: int
    bytes: int
    sha256: str


class Tombstoned(_Part):
    """What the lake was told to forget, and what that took out of this mixture's blocks; none of it is in the rows."""

    digest: str
    match: str | None
    documents: dict[str, int]  # source -> documents taken out


class MixtureManifest(_Part):
    """`manifest.json` of a mixture; written last, so that its presence means that every shard is whole."""

    format_version: Literal[2] = 2
    name: str
    fingerprint: str
    recipe: dict[str, Any]
    tokenizer: TokenizerInfo
    sequence_length: int
    seed: int
    packing: Literal["concat", "best_fit"]
    rows: int
    phases: list[Phase]
    sources: list[SourceTotal]
    files: list[ShardFile]
    validation: list[ValidationFile] = Field(default_factory=list)
    inputs: dict[str, str] = Field(description="stage or source -> fingerprint of its published output")
    versions: dict[str, str]
    tombstones: list[Tombstoned] = Field(default_factory=list)
    notes: list[str] = Field(default_factory=list)


def read_manifest(uri: str) -> MixtureManifest:
    """The manifest at `uri` (its file or its folder, local or `s3://`).

    FileNotFoundError when there is none, ManifestError when it is none or of another version.
    """
    if not uri.endswith(".json"):
        uri = f"{uri.rstrip('/')}/{MANIFEST_NAME}"
    data = storage.read_bytes(uri)
    try:
        return MixtureManifest.model_validate_json(data)
    except ValidationError as error:
        raise ManifestError(_what_is_wrong(uri, data, error)) from error


def _what_is_wrong(uri: str, data: bytes, error: ValidationError) -> str:
    """Another version of the format, or no manifest at all."""
    try:
        found = json.loads(data).get("format_version")
    except (ValueError, AttributeError):
        found = None
    if isinstance(found, int) and found != FORMAT_VERSION:
        return (
            f"{uri} has format_version {found}; this version of mixdown reads {FORMAT_VERSION}: build the mixture again"
        )
    first = error.errors()[0]
    return f"{uri} is no manifest of a mixture: {'.'.join(map(str, first['loc']))}: {first['msg']}"


def shard_uri(manifest_uri: str, shard: ShardFile | ValidationFile) -> str:
    """Where `shard`, or a validation file, lies; refuses a path that would leave the manifest's folder."""
    if PurePosixPath(shard.path).name != shard.path:
        raise ValueError(f"shard path {shard.path!r} leaves the manifest's folder: the manifest was tampered with")
    folder = manifest_uri.rsplit("/", 1)[0] if manifest_uri.endswith(".json") else manifest_uri.rstrip("/")
    return f"{folder}/{shard.path}"
