"""datatrove's four web text filters beside our rules: the same verdicts, reasons and texts, in its words and ours.

datatrove stops at the first reason and we record all, so its reason is the first of ours in the order of its checks.
One pair has no fixed order: of "lorem ipsum" and a curly bracket it names the one that comes first in the text.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa

from quality.edits import apply_edits, merged
from quality.judge import judge
from quality.rule import rules
from quality.signal_group import documents_of, measure_groups, signal_groups

# By rule: our reason and datatrove's, in the order in which it checks.
REASONS: Mapping[str, Mapping[str, str]] = {
    "gopher_repetition": {
        "empty": "empty",
        "duplicate_paragraphs": "dup_para_frac",
        "duplicate_paragraph_chars": "dup_para_char_frac",
        "duplicate_lines": "dup_line_frac",
        "duplicate_line_chars": "dup_line_char_frac",
        **{f"top_{n}_gram": f"top_{n}_gram" for n in (2, 3, 4)},
        **{f"duplicate_{n}_grams": f"duplicated_{n}_n_grams" for n in range(5, 11)},
    },
    "gopher_quality": {
        "too_few_words": "gopher_short_doc",
        "too_many_words": "gopher_long_doc",
        "words_too_short": "gopher_below_avg_threshold",
        "words_too_long": "gopher_above_avg_threshold",
        "too_many_hashes": "gopher_too_many_hashes",
        "too_many_ellipses": "gopher_too_many_ellipsis",
        "too_many_bullet_lines": "gopher_too_many_bullets",
        "too_many_ellipsis_lines": "gopher_too_many_end_ellipsis",
        "too_few_words_with_letter": "gopher_below_alpha_threshold",
        "too_few_stop_words": "gopher_enough_stop_words",
    },
    "c4": {
        "lorem_ipsum": "lorem_ipsum",
        "curly_bracket": "curly_bracket",
        "too_few_sentences": "too_few_sentences",
    },
    "fineweb": {
        "empty": "empty",
        "too_few_lines_with_end": "line_punct_ratio",
        "too_many_short_lines": "short_line_ratio",
        "duplicate_line_chars": "char_dup_ratio",
        "too_many_newlines": "list_ratio",
    },
}
CHAIN = tuple(REASONS)  # FineWeb's order
EITHER = frozenset({"lorem_ipsum", "curly_bracket"})


def datatrove_filters(any_end: bool) -> dict[str, Any]:
    """datatrove's filters by the name of our rule; `any_end` as FineWeb sets C4's."""
    from datatrove.pipeline import filters

    return {
        "gopher_repetition": filters.GopherRepetitionFilter(),
        "gopher_quality": filters.GopherQualityFilter(),
        "c4": filters.C4QualityFilter(filter_no_terminal_punct=not any_end),
        "fineweb": filters.FineWebQualityFilter(),
    }


def datatrove_verdict(filter_: Any, text: str) -> tuple[str | None, str]:
    """datatrove's reason for dropping the text (None: it keeps it), and what it leaves of the text."""
    from datatrove.data import Document

    document = Document(text=text, id="0")
    verdict = filter_.filter(document)
    return (None if verdict is True else verdict[1]), document.text


def our_verdicts(texts: Sequence[str], clean: str) -> tuple[dict[str, list[list[str]]], list[str]]:
    """By rule, our reasons for each text as English, in datatrove's words and order; and the texts after cleaning."""
    column = pa.array(texts, pa.large_string())
    documents = documents_of(column, language=pa.array(["en"] * len(texts), pa.string()))
    asked = {
        "prose": signal_groups()["prose"].settings.model_validate({"clean": clean}),
        "shape": signal_groups()["shape"].settings(),
    }
    measured = measure_groups(documents, asked)
    table = pa.table(dict(measured.columns) | {"language": documents.language})
    verdicts = {}
    for name, known in REASONS.items():
        _, reasons = judge(table, {name: rules()[name].checks(rules()[name].settings())})
        found = [{reason["reason"].removeprefix(f"{name}.") for reason in row} for row in reasons.to_pylist()]
        verdicts[name] = [[theirs for ours, theirs in known.items() if ours in row] for row in found]
    return verdicts, apply_edits(column, merged(measured.edits)).to_pylist()


def agree(theirs: str | None, ours: list[str]) -> bool:
    """Whether datatrove's reason is the first of ours."""
    if theirs in EITHER and set(ours) >= EITHER:
        return True
    return theirs == (ours[0] if ours else None)
