"""What is counted in one document: integers, from which all signals of the group `prose` follow."""

import numpy as np

TOP_NGRAMS = (2, 3, 4)  # words; Gopher (Rae et al. 2021), table A1
DUPLICATE_NGRAMS = (5, 6, 7, 8, 9, 10)

COUNTS = (
    # all characters
    "n_chars",
    "n_hashes",
    "n_ellipses",  # ... (not overlapping) and U+2026
    # lines of str.splitlines
    "n_lines",
    "n_bullet_lines",  # begin with U+2022 or -, after whitespace
    "n_ellipsis_lines",  # end with an ellipsis, before whitespace
    # words
    "n_words",
    "n_non_symbol_words",
    "n_non_symbol_word_chars",
    "n_words_with_letter",
    "n_distinct_stop_words",
    # repetition, in Gopher's sense of lines (parted by newlines) and paragraphs (by two or more)
    "n_parted_lines",
    "n_duplicate_lines",
    "n_duplicate_line_chars",
    "n_paragraphs",
    "n_duplicate_paragraphs",
    "n_duplicate_paragraph_chars",
    *(f"top_{n}_gram_chars" for n in TOP_NGRAMS),
    *(f"duplicate_{n}_gram_chars" for n in DUPLICATE_NGRAMS),
    # C4: what becomes of each line of str.splitlines
    "n_long_word_lines",
    "n_lines_without_terminal_punctuation",
    "n_few_word_lines",
    "n_javascript_lines",
    "n_policy_lines",
    "n_lorem_ipsum_lines",
    "n_curly_bracket_lines",
    "n_kept_lines",
    "n_sentences",  # of kept lines; counting stops at MAX_SENTENCES
    # FineWeb: lines are those between newlines that are not blank
    "n_fineweb_lines",
    "n_terminal_lines",
    "n_short_lines",
    "n_fineweb_duplicate_line_chars",
    "n_fineweb_newlines",
    "n_fineweb_chars",  # without newlines
    "n_fineweb_words",
)

TALLIES = np.dtype([(name, np.int64) for name in COUNTS])
