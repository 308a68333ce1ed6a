from functools import partial

import pyarrow as pa
import pytest
from datatrove.utils.word_tokenizers import load_tokenizer_assignments

from quality.language import default_model
from quality.words.datatrove_splitter import DATATROVE_CODES
from quality.words.splitters import (
    ENGLISH,
    GERMAN,
    LANGUAGES,
    MULTILINGUAL,
    SIMPLE,
    WITHOUT_RULES,
    splitter_numbers,
    splitter_of,
)


def test_every_document_gets_the_splitter_of_its_language() -> None:
    languages = pa.array(["en", None, "de", "ja", "und", "hi", "", "de"])
    expected = [ENGLISH, ENGLISH, GERMAN, SIMPLE, ENGLISH, MULTILINGUAL, ENGLISH, GERMAN]
    assert splitter_numbers(languages).tolist() == expected


@pytest.mark.parametrize(
    "languages", [pa.nulls(3, pa.string()), pa.array([], pa.string()), pa.array(["x", "de"]).slice(1)]
)
def test_columns_of_all_shapes(languages: pa.Array) -> None:
    assert len(splitter_numbers(languages)) == len(languages)


def test_identified_languages_get_the_splitter_that_datatrove_assigns() -> None:
    assigned = load_tokenizer_assignments()
    for language in default_model().short_labels():
        factory = assigned.get(DATATROVE_CODES.get(language, language))
        name, code = factory.args if isinstance(factory, partial) else ("", "")
        if name == "SpaCyTokenizer" and code in LANGUAGES:
            assert splitter_of(language) == 1 + LANGUAGES.index(code), language
        elif language not in WITHOUT_RULES:
            assert splitter_of(language) == MULTILINGUAL, language
