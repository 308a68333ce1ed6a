"""Made-up text and code as JSON lines: the same for the same seed, no two documents alike.

Prose is sentences of common English words, a tenth of the words being rare compounds; code is lines of Python with
made-up names. Lengths are log-normal around 800 tokens. It is tokenized, measured and hashed at about the cost of real
text. It has fewer duplicates and fewer rejected documents than real text, and no language model would learn from it.
"""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np

from benchmarks.token_blocks import DOCUMENT_TOKENS, document_lengths

# The most frequent words first: a word's probability is in proportion to 1 / (its place + 10).
COMMON = """
the of and to in a is that for it was on with as be at by have from or this had not but what all were when we there can
an your which their said if do will each about how up out them then she many some so these would other into has more her
two like him see time could no make than first been its who now people my made over did down only way find use may water
long little very after words called just where most know get through back much before go good new write our used me man
too any day same right look think also around another came come work three word must because does part even place well
such here take why things help put years different away again off went old number great tell men say small every found
still between name should home big give air line set own under read last never us left end along while might next sound
below saw something thought both few those always looked show large often together asked house world going want school
important until form food keep children feet land side without boy once animals life enough took sometimes four head
above kind began almost live page got earth need far hand high year mother light parts country father let night
following picture being study second eyes soon times story boys since white days ever paper hard near sentence better
best across during today others however sure means knew try told young miles sun ways thing whole hear example heard
several change answer room sea against top turned learn point city play toward five using himself usually money seen car
morning given
""".split()  # noqa: SIM905
COMPOUNDS = 20_000
COMPOUND_SHARE = 0.1
SENTENCE_WORDS = 13
BATCH_DOCUMENTS = 1000

# Measured with cl100k_base on this text
PROSE_BYTES_PER_TOKEN = 4.34
CODE_BYTES_PER_TOKEN = 3.7
PROSE_BYTES_PER_WORD = 5.22
CODE_BYTES_PER_LINE = 30.9

CODE_LINES = (
    "def {}_{}({}, {}):",
    "    {} = {}.{}({})",
    "    if {} > {}.{}:",
    "        return {}({}, {})",
    "    for {} in {}.{}_{}:",
    '        {}["{}"] += {}.{}',
    "    # {} {} {} {}",
    "    return {}.{}({}) + {}",
)
NAMES_PER_LINE = 4  # no line has more; what a line leaves is not used

MakeBody = Callable[[np.random.Generator, int], str]


def write_prose(path: Path, tokens: int) -> None:
    """About `tokens` tokens of prose, an object with `text` and `url` a line."""
    vocabulary = np.array(COMMON + _compounds(), dtype=object)
    chances = 1 / (np.arange(len(COMMON)) + 10)
    chances *= (1 - COMPOUND_SHARE) / chances.sum()
    ends = np.cumsum(np.concatenate([chances, np.full(COMPOUNDS, COMPOUND_SHARE / COMPOUNDS)]))

    def body(rng: np.random.Generator, size_bytes: int) -> str:
        count = max(1, int(size_bytes / PROSE_BYTES_PER_WORD))
        words = vocabulary[np.minimum(np.searchsorted(ends, rng.random(count)), len(vocabulary) - 1)].tolist()
        sentences = (words[at : at + SENTENCE_WORDS] for at in range(0, count, SENTENCE_WORDS))
        return "\n".join(f"{' '.join(sentence).capitalize()}." for sentence in sentences)

    _write(path, tokens, PROSE_BYTES_PER_TOKEN, body, lambda number: {"url": f"https://pages.example/{number}"})


def write_code(path: Path, tokens: int) -> None:
    """About `tokens` tokens of code, an object with `text`, `path`, `repository`, `language` and `license` a line."""

    def body(rng: np.random.Generator, size_bytes: int) -> str:
        count = max(1, int(size_bytes / CODE_BYTES_PER_LINE))
        names = rng.integers(0, len(COMMON), (count, NAMES_PER_LINE)).tolist()
        lines = rng.integers(0, len(CODE_LINES), count).tolist()
        return "\n".join(
            CODE_LINES[line].format(*(COMMON[name] for name in row)) for line, row in zip(lines, names, strict=True)
        )

    def fields(number: int) -> dict[str, str]:
        place = {"repository": f"example/repository-{number // 50}", "path": f"package/module_{number}.py"}
        return place | {"language": "Python", "license": "MIT"}

    _write(path, tokens, CODE_BYTES_PER_TOKEN, body, fields)


def _compounds() -> list[str]:
    rng = np.random.default_rng(1)
    pairs = rng.integers(50, len(COMMON), (COMPOUNDS, 2)).tolist()
    return [COMMON[first] + COMMON[second] for first, second in pairs]


def _write(
    path: Path, tokens: int, bytes_per_token: float, body: MakeBody, fields: Callable[[int], dict[str, str]]
) -> None:
    rng = np.random.default_rng(0)
    left_bytes, number = tokens * bytes_per_token, 0
    with path.open("w") as file:
        while left_bytes > 0:
            for length in document_lengths(rng, BATCH_DOCUMENTS, DOCUMENT_TOKENS):
                text = body(rng, int(length * bytes_per_token))
                file.write(json.dumps({"text": text} | fields(number)) + "\n")
                left_bytes -= len(text)
                number += 1
                if left_bytes <= 0:
                    break
