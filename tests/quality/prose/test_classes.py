import unicodedata
from importlib.resources import files

import numpy as np
import pytest

from quality.prose.classes import C4_END, PHRASE_ANCHOR, prose_classes
from quality.prose.make_tables import marks
from quality.prose.phrases import phrases


def test_the_shipped_sets_are_what_the_installed_tools_have() -> None:
    with files("quality.prose").joinpath("marks.npz").open("rb") as file, np.load(file) as shipped:
        if str(shipped["unicode_version"]) != unicodedata.unidata_version:
            pytest.skip(f"the sets are of Unicode {shipped['unicode_version']}")
        for name, code_points in marks().items():
            np.testing.assert_array_equal(shipped[name], code_points)


def test_every_phrase_has_its_anchor_in_either_case() -> None:
    known = phrases()
    for phrase, anchor in enumerate(known.anchors):
        letter = chr(known.characters[known.offsets[phrase] + anchor])
        assert all(prose_classes()[ord(form)] & PHRASE_ANCHOR for form in (letter, letter.upper()))


def test_datatroves_ends_of_a_line_are_c4s() -> None:
    from datatrove.pipeline.filters.c4_filters import END_PUNCTUATION, POLICY_SUBSTRINGS

    from quality.prose.phrases import POLICY_PHRASES

    assert {chr(code_point) for code_point in np.flatnonzero(prose_classes() & C4_END)} == set(END_PUNCTUATION)
    assert list(POLICY_PHRASES) == POLICY_SUBSTRINGS
