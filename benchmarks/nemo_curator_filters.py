"""Gopher's rules as NeMo Curator's filters, called as its stages call them, but without Ray. A program of its own."""

import json
import sys
from pathlib import Path
from typing import Any

import pandas as pd  # type: ignore[import-untyped]
from loguru import logger
from nemo_curator.stages.text.filters import Score, ScoreFilter  # type: ignore[import-not-found]
from nemo_curator.stages.text.filters.heuristic import repetition, string  # type: ignore[import-not-found]
from nemo_curator.tasks import DocumentBatch  # type: ignore[import-not-found]

from benchmarks.harness import cpu_seconds

TOP = {2: 0.2, 3: 0.18, 4: 0.16}  # Gopher's bounds (Rae et al. 2021, table A1) by words in an n-gram
DUPLICATE = {5: 0.15, 6: 0.14, 7: 0.13, 8: 0.12, 9: 0.11, 10: 0.1}


def filters() -> dict[str, Any]:
    """By a name that the comparison knows; other bounds than Gopher's are NeMo Curator's own, which are the same."""
    return {
        "word_count": string.WordCountFilter(),
        "mean_word_length": string.MeanWordLengthFilter(),
        "symbols": string.SymbolsToWordsFilter(),
        "bullets": string.BulletsFilter(),
        "ellipses": string.EllipsisFilter(),
        "no_letter": string.WordsWithoutAlphabetsFilter(),
        "common_words": string.CommonEnglishWordsFilter(),
        "lines": repetition.RepeatedLinesFilter(),
        "line_chars": repetition.RepeatedLinesByCharFilter(),
        "paragraphs": repetition.RepeatedParagraphsFilter(),
        "paragraph_chars": repetition.RepeatedParagraphsByCharFilter(),
        **{f"top_{n}": repetition.RepeatingTopNGramsFilter(n, bound) for n, bound in TOP.items()},
        **{f"duplicate_{n}": repetition.RepeatingDuplicateNGramsFilter(n, bound) for n, bound in DUPLICATE.items()},
    }


def main(request: dict[str, Any]) -> dict[str, Any]:
    """Seconds of scoring every document by every filter and of the chain that drops early; which documents fail."""
    logger.remove()
    chosen = filters()
    scored, score_seconds = _timed(Score(list(chosen.values()), score_field=list(chosen)), request["texts"])
    left, chain_seconds = _timed(ScoreFilter(list(chosen.values())), request["texts"])
    fails = {name: [not filter_.keep_document(score) for score in scored[name]] for name, filter_ in chosen.items()}
    return {"seconds": score_seconds, "chain_seconds": chain_seconds, "left": len(left), "fails": fails}


def _timed(stage: Any, texts: list[str]) -> tuple[pd.DataFrame, float]:
    batch = DocumentBatch(dataset_name="texts", data=pd.DataFrame({"text": texts}))
    before = cpu_seconds()
    found = stage.process(batch)
    return found.to_pandas(), cpu_seconds() - before


if __name__ == "__main__":
    print(json.dumps(main(json.loads(Path(sys.argv[1]).read_text(encoding="utf-8")))))
