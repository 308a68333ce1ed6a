import unicodedata

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quality.arrow_text import text_buffers
from quality.decontamination.folding import folding_table
from quality.decontamination.grams import GramLengths
from quality.decontamination.make_folding import folded_characters
from quality.decontamination.ngram_index import ngram_index
from quality.decontamination.ngram_matches import find_ngrams
from quality.decontamination.runs import RUN
from quality.decontamination.spans import Runs
from quality.decontamination.verbatim_index import stripped_bytes, verbatim_index
from quality.decontamination.verbatim_matches import find_verbatim
from quality.decontamination.words import hash_words
from tests.quality.decontamination import reference
from tests.quality.texts import documents

LENGTHS = GramLengths(ngram=5, shortest_text=4)
MIN_VERBATIM_BYTES = 40

# Few phrases, so that documents and texts share runs of them: with marks, numbers, CJK, lone punctuation, upper case.
PHRASES = [
    "Alpha beta, cafe\u0301",
    "it’s (7) x",
    "日 本語。日本",
    "— (e\n a\u200bb",
    "ВЫ\u00a0ＡＢ １２",
    "alpha",
    "1 2",
]
sentences = st.lists(st.sampled_from(PHRASES), max_size=10).map(" ".join)
lines_of_code = st.lists(
    st.sampled_from(
        ["def longest(values):\n", "    return max(values, key=len)\n", "for i in range(10):\n\t", "print(i) "]
    ),
    max_size=8,
).map("".join)


def words_of(text: str) -> list[tuple[int, int, int]]:
    data, offsets = text_buffers(pa.array([text]))
    room = len(data) // 2 + 1
    hashes, starts, ends = np.empty(room, np.uint64), np.empty(room, np.int64), np.empty(room, np.int64)
    n = hash_words(data, offsets[0], offsets[1], folding_table(), hashes, starts, ends)
    return list(zip(hashes[:n].tolist(), starts[:n].tolist(), ends[:n].tolist(), strict=True))


def ngrams_found(document: str, texts: list[str], items: list[int], max_items: int = 50) -> tuple[Runs, int]:
    data, offsets = text_buffers(pa.array(texts))
    index, _ = ngram_index(data, offsets, np.array(items, np.int32), LENGTHS, max_items)
    data, offsets = text_buffers(pa.array([document]))
    runs, n_found = np.empty(len(data), RUN), np.zeros(1, np.int64)
    last_of_item = np.empty(max(items, default=0) + 1, np.int64)
    n = find_ngrams(data, offsets, folding_table(), index, last_of_item, runs, n_found)
    return runs[:n], int(n_found[0])


def verbatim_found(document: str, texts: list[str]) -> Runs:
    data, offsets = text_buffers(pa.array(texts))
    index = verbatim_index(data, offsets, np.arange(len(texts), dtype=np.int32), MIN_VERBATIM_BYTES)
    data, offsets = text_buffers(pa.array([document]))
    runs = np.empty(len(data), RUN)
    n = find_verbatim(data, offsets, stripped_bytes(), index, np.empty(len(texts), np.int64), runs)
    return runs[:n]


def covered(runs: Runs) -> frozenset[int]:
    return frozenset(at for run in runs for at in range(run["start_bytes"], run["end_bytes"]))


def test_the_shipped_table_is_what_its_script_makes() -> None:
    if unicodedata.unidata_version != "14.0.0":
        pytest.skip("the table is of Unicode 14.0, Python 3.11's")
    assert np.array_equal(folding_table(), folded_characters())


@settings(max_examples=300, deadline=None)
@given(st.one_of(documents, sentences, st.text(max_size=40)))
def test_words_are_the_references(text: str) -> None:
    expected = reference.words(text)
    found = words_of(text)
    assert [(start, end) for _, start, end in found] == [(word.start, word.end) for word in expected]
    hashes = {word.text: value for word, (value, _, _) in zip(expected, found, strict=True)}
    assert len(set(hashes.values())) == len(hashes)
    assert [hashes[word.text] for word in expected] == [value for value, _, _ in found]


@settings(max_examples=500, deadline=None)
@given(sentences, st.lists(st.tuples(sentences, st.integers(0, 3)), min_size=1, max_size=5))
def test_ngrams_are_those_of_plain_sets(document: str, benchmark: list[tuple[str, int]]) -> None:
    texts, items = [text for text, _ in benchmark], [item for _, item in benchmark]
    expected = reference.found_in(document, reference.index(texts, items, *LENGTHS), LENGTHS.ngram)
    runs, n_found = ngrams_found(document, texts, items)
    assert n_found == expected.n_grams
    assert covered(runs) == expected.covered_bytes
    assert set(runs["item"].tolist()) == expected.items


@settings(max_examples=200, deadline=None)
@given(sentences, sentences)
def test_a_whole_text_is_found_in_what_surrounds_it(before: str, text: str) -> None:
    if not reference.index([text], [0], *LENGTHS):
        return
    document = f"{before} — {text.swapcase()} — {before}"
    runs, _ = ngrams_found(document, [text], [0])
    assert set(runs["item"].tolist()) == {0}


def test_the_words_of_an_ngram_suffice_and_one_less_does_not() -> None:
    text = "one day five words together suffice to find something again"
    assert ngrams_found("... five words together suffice to", [text], [0])[1] == 1
    assert ngrams_found("... five words together suffice yes", [text], [0])[1] == 0
    assert ngrams_found("... five words, apart, together suffice to", [text], [0])[1] == 0


def test_a_cjk_character_is_half_a_word() -> None:
    text = "委员会决定推迟会议直到每个人都仔细阅读了报告"
    assert ngrams_found(text[3:13], [text], [0])[1] == 1
    assert ngrams_found(text[3:12], [text], [0])[1] == 0


def test_short_texts_count_as_a_whole_or_not_at_all() -> None:
    assert ngrams_found("so: who wrote this song?", ["Who wrote this song"], [0])[1] == 1
    assert ngrams_found("so: who wrote this poem?", ["Who wrote this song"], [0])[1] == 0
    assert ngrams_found("who wrote this", ["Who wrote this"], [0])[1] == 0


def test_numbers_and_names_of_one_letter_say_nothing() -> None:
    text = "0 1 2 3 4 5 6 7 8 9 a b c d e f in the end"
    assert ngrams_found(text, [text], [0])[1] == 1  # "e f in the end"
    assert ngrams_found(text[:30], [text], [0])[1] == 0


def test_an_ngram_of_many_items_is_boilerplate() -> None:
    texts = [f"answer the following question briefly: what is item{i} made of" for i in range(4)]
    assert set(ngrams_found(texts[2], texts, [0, 1, 2, 3], max_items=4)[0]["item"].tolist()) == {0, 1, 2, 3}
    runs, n_found = ngrams_found(texts[2], texts, [0, 1, 2, 3], max_items=3)
    assert (set(runs["item"].tolist()), n_found) == ({2}, 3)


@settings(max_examples=500, deadline=None)
@given(lines_of_code, st.lists(lines_of_code, min_size=1, max_size=4))
def test_code_is_found_where_plain_search_finds_it(document: str, texts: list[str]) -> None:
    expected = reference.verbatim_found_in(document, texts, MIN_VERBATIM_BYTES)
    runs = verbatim_found(document, texts)
    assert set(runs["item"].tolist()) == expected.items
    assert covered(runs) <= expected.covered_bytes


@settings(max_examples=200, deadline=None)
@given(st.integers(0, 59), st.integers(0, 60), st.sampled_from(["\n\t\t", " ", "\r\n        "]))
def test_code_of_another_layout_is_covered_exactly(start: int, size: int, space: str) -> None:
    text = "def median(xs): ys = sorted(xs); half = len(ys) // 2; return (ys[half] + ys[~half]) / 2 # of numbers"
    part = text[start : start + size + 15].strip()
    document = "import re" + space + space.join(part.upper().split()) + space + "# end"
    expected = reference.verbatim_found_in(document, [text], MIN_VERBATIM_BYTES)
    assert covered(verbatim_found(document, [text])) == expected.covered_bytes


def test_code_of_few_different_characters_says_nothing() -> None:
    line = "=" * 200
    assert len(verbatim_found(line, [line])) == 0
    assert (
        len(
            verbatim_found(
                f"{line}\nint main(int argc, char **argv)\n{line}", [f"int main(int argc, char **argv) {line}"]
            )
        )
        == 1
    )


def test_what_begins_alike_in_very_many_texts_is_found_in_some() -> None:
    texts = [f"def check(candidate): assert candidate(values) == {i}; raise SystemExit" for i in range(40)]
    assert len(verbatim_found(texts[39], texts)) >= 1
