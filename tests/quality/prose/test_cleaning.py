"""C4's cleaning as edits: applied, they give the text that the reference gives."""

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quality.edits import Edits, apply_edits, merged
from quality.signal_group import documents_of
from quality.signals.prose import SIGNALS, ProseSettings
from tests.quality.reference import c4_lines, prose_of
from tests.quality.texts import documents

PIECES = [
    *[
        "One two three.",
        "one two",
        "a b c",
        " ",
        "\n",
        "\n\n",
        "\r\n",
        "\u2028",
        "\t",
        "[1]",
        "[]",
        "[edit]",
        "[12",
        "[",
    ],
    *[
        "[citation needed]",
        "[citation needed][citation needed]",
        "[1] [2] [3]",
        "Javascript here too.",
        "Terms of Use!",
    ],
    *[
        "a lorem ipsum b.",
        "a b {c}.",
        "é ü ö.",
        "日本 語 。",
        "x" * 1001 + " b c.",
        "...",
        "a b c...",
        "Is it so? It is!",
    ],
    *["abuse cookies now.", "We Use Cookies\u212a.", "coo\u212aie policy is it."],
]
lines = st.lists(st.sampled_from(PIECES), max_size=14).map("".join)


def edits_of(texts: list[str], clean: str) -> Edits:
    english = documents_of(pa.array(texts, pa.string()), language=pa.array(["en"] * len(texts), pa.string()))
    return SIGNALS.measure(english, ProseSettings(words="simple", clean=clean)).edits


def cleaned(texts: list[str], clean: str) -> list[str]:
    found: list[str] = apply_edits(pa.array(texts, pa.string()), merged(edits_of(texts, clean))).to_pylist()
    return found


def expected(text: str, clean: str) -> str:
    fates = c4_lines(text, needs_end=clean == "c4")
    return "\n".join(line for fate, line in fates if fate in ("kept", "lorem_ipsum", "curly_bracket")).strip()


@pytest.mark.parametrize("clean", ["c4", "c4_any_end"])
@settings(max_examples=300, deadline=None)
@given(texts=st.lists(st.one_of(lines, documents), max_size=3))
def test_the_edited_text_is_the_reference(texts: list[str], clean: str) -> None:
    assert cleaned(texts, clean) == [expected(text, clean) for text in texts]


@settings(max_examples=200, deadline=None)
@given(lines)
def test_edits_never_overlap_and_change_something(text: str) -> None:
    edits = edits_of([text], "c4_any_end")
    assert (edits["start_bytes"] < edits["end_bytes"]).all()
    assert (edits["end_bytes"][:-1] <= edits["start_bytes"][1:]).all()
    assert edits.tolist() == merged(edits).tolist()


@pytest.mark.parametrize("clean", ["none", "c4", "c4_any_end"])
@settings(max_examples=200, deadline=None)
@given(texts=st.lists(lines, max_size=3))
def test_signals_of_lines_are_the_references(texts: list[str], clean: str) -> None:
    english = documents_of(pa.array(texts, pa.string()), language=pa.array(["en"] * len(texts), pa.string()))
    found = SIGNALS.measure(english, ProseSettings(words="simple", clean=clean)).columns
    assert pa.table(dict(found)).to_pylist() == [prose_of(text, clean) for text in texts]


def test_a_text_that_needs_no_cleaning_has_no_edits() -> None:
    assert len(edits_of(["One two three.\nFour five six!"], "c4")) == 0


def test_nothing_is_cleaned_unless_asked() -> None:
    assert len(edits_of(["one\n\ntwo [1]"], "none")) == 0


def test_kinds_name_what_was_cut() -> None:
    kinds = edits_of([" One two three [1] four.\nmenu\nFive six seven eight.\nmenu"], "c4")["kind"]
    assert kinds.tolist() == [0, 2, 1, 0]


def test_trap_what_has_special_tokens_is_not_cleaned() -> None:
    text = pa.array(["> quoted\nok\nA whole sentence stands here."] * 2)
    english = documents_of(text, language=pa.array(["en", "en"]), has_marks=pa.array([True, False]))
    edits = SIGNALS.measure(english, ProseSettings(clean="c4")).edits
    assert set(edits["document"].tolist()) == {1}
