"""The natural language of a document, and how sure that is."""

import pyarrow as pa
from pydantic import Field

from quality.input_file import InputFile
from quality.language import identify
from quality.signal_group import LANGUAGE_GROUP, Documents, GroupSettings, Measured, SignalGroup

LANGUAGE_SCHEMA = pa.schema(
    [
        ("language", pa.string()),  # ISO 639 code; und: no words
        ("language_score", pa.float32()),
    ]
)


class LanguageSettings(GroupSettings):
    """Settings of the group `language`."""

    model: InputFile | None = Field(
        None, description="A fastText model whose labels are languages; none: lid.176.ftz, which knows 176."
    )


def measure(documents: Documents, settings: LanguageSettings) -> Measured:
    """LANGUAGE_SCHEMA for every document."""
    language, score = identify(documents.text, settings.model)
    return Measured({"language": language, "language_score": score})


SIGNALS = SignalGroup(
    name=LANGUAGE_GROUP,
    meaning="The natural language, as a fastText model identifies it.",
    schema=LANGUAGE_SCHEMA,
    settings=LanguageSettings,
    measured_for=frozenset({"text", "code"}),
    measure=measure,
)
