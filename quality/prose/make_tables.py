"""Make quality/prose/marks.npz from datatrove, spaCy and unicodedata: `python -m quality.prose.make_tables`.

The characters are shipped, so that a document is measured alike whatever is installed; a test compares them.
"""

import unicodedata
from pathlib import Path

import numpy as np
import numpy.typing as npt

from quality.characters import N_CODE_POINTS

CodePoints = npt.NDArray[np.uint32]


def marks() -> dict[str, CodePoints]:
    """Sets of code points, ascending, by the name that `quality.prose.classes` knows them under."""
    from datatrove.utils.text import PUNCTUATION_SET, TERMINAL_PUNCTUATION
    from spacy.pipeline.sentencizer import Sentencizer

    categories = {chr(code_point): unicodedata.category(chr(code_point)) for code_point in range(N_CODE_POINTS)}
    return {
        "symbol": _code_points(PUNCTUATION_SET),
        "terminal": _code_points(TERMINAL_PUNCTUATION),
        "sentence_end": _code_points(Sentencizer.default_punct_chars),
        "mark": _code_points(character for character, category in categories.items() if category[0] == "P"),
        "digit": _code_points(character for character, category in categories.items() if category == "Nd"),
    }


def _code_points(characters: object) -> CodePoints:
    return np.array(sorted(map(ord, characters)), np.uint32)  # type: ignore[call-overload]


def main() -> None:
    """Write the sets beside this file."""
    np.savez_compressed(
        Path(__file__).with_name("marks.npz"),
        unicode_version=np.array(unicodedata.unidata_version),
        **marks(),  # type: ignore[arg-type]
    )


if __name__ == "__main__":
    main()
