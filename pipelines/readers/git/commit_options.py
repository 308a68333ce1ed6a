"""Options of the source kind `git_commits`.

Shares and bounds are those of StarCoder (arXiv 2305.06161) and, for message lengths, of CommitPack
(arXiv 2308.07124).
"""

from pydantic import Field

from pipelines.source import SourceOptions


class GitCommitsOptions(SourceOptions):
    """What a recipe may set for commits of a repository."""

    revision: str = Field("HEAD", description="branch, tag or commit whose history is read")
    name: str | None = Field(None, description="the repository's name; else told by its origin or folder")
    languages: frozenset[str] | None = Field(None, description="languages to take; else every known one")
    max_file_bytes: int = Field(1 << 20, gt=0, description="files larger before or after are rejected")
    max_old_chars: int = Field(100_000, gt=0, description="files this long before the commit are rejected")
    max_files_per_commit: int = Field(1_000, gt=0, description="commits that change more files are rejected")
    min_message_chars: int = Field(5, ge=0, description="shorter messages are rejected")
    max_message_chars: int = Field(10_000, gt=0, description="longer messages are rejected")
    short_subject_words: int = Field(5, ge=0, description="subjects of fewer words are sampled")
    short_subject_share: float = Field(0.5, ge=0, le=1, description="share kept of short subjects")
    small_span_lines: int = Field(2, ge=0, description="changes of at most so many lines are sampled")
    large_span_lines: int = Field(200, ge=1, description="changes of at least so many lines are sampled")
    extreme_span_share: float = Field(0.1, ge=0, le=1, description="share kept of small and large changes")
    markup_languages: frozenset[str] = Field(
        frozenset({"HTML", "JSON", "XML", "YAML"}), description="languages whose changes are sampled"
    )
    markup_share: float = Field(0.5, ge=0, le=1, description="share kept of changes in markup languages")
    whole_file_share: float = Field(0.2, ge=0, le=1, description="share shown as whole files")
    max_context_lines: int = Field(32, ge=1, description="lines around the change, drawn from 0 to this, exclusive")
    commits_per_split: int = Field(2_000, gt=0, description="commits that one task reads")
