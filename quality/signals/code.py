"""Code: what the rules for program files look at."""

import pyarrow as pa

from quality.judge import CODE_LANGUAGE_COLUMN
from quality.signal_group import Documents, GroupSettings, Measured, SignalGroup

CODE_SCHEMA = pa.schema([(CODE_LANGUAGE_COLUMN, pa.string())])  # name of the programming language, null for prose


class CodeSettings(GroupSettings):
    """Settings of the group `code`: none yet."""


def measure(documents: Documents, _settings: CodeSettings) -> Measured:
    """CODE_SCHEMA for every document."""
    return Measured({CODE_LANGUAGE_COLUMN: documents.language_hint})


SIGNALS = SignalGroup(
    name="code",
    meaning="The programming language.",
    schema=CODE_SCHEMA,
    settings=CodeSettings,
    measured_for=frozenset({"code"}),
    measure=measure,
)
