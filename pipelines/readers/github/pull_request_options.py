"""What a recipe may write under the options of a source of pull requests.

The defaults are those of StarCoder 2 (Lozhkov et al. 2024, section on pull requests) unless a comment says
otherwise.
"""

from typing import ClassVar

from pydantic import Field

from mixer.formats.texts import TextLimits
from pipelines.readers.github.conversation_options import MAX_RAW_TEXT_CHARS, ConversationOptions
from pipelines.readers.github.conversation_text import Cuts


class PullRequestOptions(ConversationOptions):
    """Thresholds of the drop and cut rules; every length counts characters unless its name says otherwise."""

    uri_options: ClassVar[tuple[str, ...]] = ("rest", "repositories")

    # What is kept.
    min_title_chars: int = 10
    min_description_chars: int = 20
    min_comment_chars: int = 20  # shorter comments are left out of the document; reviews stay
    min_document_chars: int = 200
    max_document_chars: int = 100_000
    title_words: tuple[str, ...] = ("dependency", "dependencies", "deps", "release", "releases")
    require_approved_or_merged: bool = True
    require_diff: bool = False  # a diff beyond the review comments' hunks needs the repository

    # How much of a repository is kept: of n pull requests each with p = 0.8007 - 0.0007 n while n <= 1000
    # (0.8 of a single one, 0.1 of a thousand); beyond, `max_per_repository` in expectation. None keeps all.
    max_per_repository: int | None = Field(default=100, ge=1)

    # Mirrors and bundles with the pull requests' commits, by path or pattern: they give the diffs.
    repositories: tuple[str, ...] = ()
    max_diff_files: int = Field(default=300, ge=1)  # more changed files: no diff, as on GitHub
    max_base_code_chars: int = 10_000  # longer files are not shown as they were before
    max_diff_chars: int = 50_000  # files whose code and hunks do not fit into this any more are left out

    # What is cut.
    max_title_chars: int = Field(default=500, ge=1)
    max_text_lines: int = Field(default=80, ge=1)  # a text of more lines keeps its first and last
    kept_first_lines: int = Field(default=60, ge=0)
    kept_last_lines: int = Field(default=20, ge=0)
    max_text_chars: int = Field(default=1_000, ge=1)
    max_hunk_chars: int = 10_000  # longer hunks are omitted whole

    def cuts(self) -> Cuts:
        """How much of each text is kept while events are read."""
        limits = TextLimits(
            max_lines=self.max_text_lines,
            first_lines=self.kept_first_lines,
            last_lines=self.kept_last_lines,
            max_chars=self.max_text_chars,
        )
        return Cuts(
            title_chars=self.max_title_chars,
            raw_text_chars=MAX_RAW_TEXT_CHARS,
            text_limits=limits,
            hunk_chars=self.max_hunk_chars,
            patch_chars=self.max_document_chars,
        )
