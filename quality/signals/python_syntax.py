"""Python syntax: whether a file of Python parses. Measured only where asked for, as it costs more than the rest."""

import pyarrow as pa
import pyarrow.compute as pc
from pydantic import Field

from quality.code.languages import code_languages
from quality.python_parser.process import UNPARSED, parsed_verdict
from quality.signal_group import Documents, GroupSettings, Measured, SignalGroup

COLUMN = "python_syntax"  # valid, invalid, python_2, unparsed (too large or too costly); null: not Python
PYTHON_SYNTAX_SCHEMA = pa.schema([(COLUMN, pa.string())])


class PythonSyntaxSettings(GroupSettings):
    """Settings of the group `python_syntax`."""

    max_bytes: int = Field(1 << 20, ge=0, description="Larger files stay unparsed.")
    max_cpu_seconds: float = Field(5.0, gt=0, description="A file that takes the parser longer stays unparsed.")


def measure(documents: Documents, settings: PythonSyntaxSettings) -> Measured:
    """PYTHON_SYNTAX_SCHEMA for every document, one after another in a child process."""
    languages = code_languages(documents.language_hint, documents.path, documents.text)
    is_python = pc.equal(languages, "Python").fill_null(False).to_pylist()
    data, offsets = documents.buffers
    found: list[str | None] = []
    for i, counts in enumerate(is_python):
        if not counts:
            found.append(None)
        elif offsets[i + 1] - offsets[i] > settings.max_bytes:
            found.append(UNPARSED)
        else:
            text = data[offsets[i] : offsets[i + 1]].tobytes()
            found.append(parsed_verdict(text, settings.max_cpu_seconds))
    return Measured({COLUMN: pa.array(found, pa.string())})


SIGNALS = SignalGroup(
    name="python_syntax",
    meaning="Whether a file of Python parses as Python 3.",
    schema=PYTHON_SYNTAX_SCHEMA,
    settings=PythonSyntaxSettings,
    measured_for=frozenset(),
    measure=measure,
)
