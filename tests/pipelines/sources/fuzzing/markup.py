"""Files in markup languages to be fuzzed."""

from pipelines.sources.markup import SOURCE
from tests.pipelines.sources.fuzzing.cases import Fuzzed, file_reader


def samples() -> list[bytes]:
    """Pages with front matter, letters of several bytes, and a licence in the head."""
    return [
        "---\ntitle: Größe\n---\n# Tides\n\n- 灯\n".encode(),
        "\ufeff<!-- SPDX-License-Identifier: MIT OR Apache-2.0 -->\n\n<p>ë</p>\n".encode(),
    ]


CASES = {"markup": Fuzzed("markup", samples, file_reader(SOURCE, "a.md", {"max_file_bytes": 5000}))}
