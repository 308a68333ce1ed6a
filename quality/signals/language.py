"""The natural language of a document, and how sure that is."""

import pyarrow as pa

from quality.language import identify
from quality.signal_group import LANGUAGE_GROUP, Documents, GroupSettings, Measured, SignalGroup

LANGUAGE_SCHEMA = pa.schema(
    [
        ("language", pa.string()),  # ISO 639 code; und: no words
        ("language_score", pa.float32()),
    ]
)


class LanguageSettings(GroupSettings):
    """Settings of the group `language`: none yet."""


def measure(documents: Documents, _settings: LanguageSettings) -> Measured:
    """LANGUAGE_SCHEMA for every document."""
    language, score = identify(documents.text)
    return Measured({"language": language, "language_score": score})


SIGNALS = SignalGroup(
    name=LANGUAGE_GROUP,
    meaning="The natural language, as fastText identifies it.",
    schema=LANGUAGE_SCHEMA,
    settings=LanguageSettings,
    measured_for=frozenset({"text", "code"}),
    measure=measure,
)
