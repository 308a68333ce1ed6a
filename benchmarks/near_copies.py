"""Near duplicates on purpose: documents with words replaced, inserted and deleted, at graded similarity.

An edit at a word changes the n shingles that hold it. Where a share e of the words is edited, (1 - e)^n of the shingles
stay, and that is 2 s / (1 + s) of those of a copy whose Jaccard similarity is s. So e follows from the similarity that
is wanted; what came out is measured afterwards like that of every other pair.
"""

import random
import re

from benchmarks.documentation import Text

LEAST, MOST = 0.5, 0.99  # similarities, evenly spaced
LEAST_WORDS = 60
SEED = 11


def planted(documents: list[Text], count: int, ngram: int) -> list[Text]:
    """A copy each of `count` drawn documents of LEAST_WORDS words or more, the first the least similar."""
    draw = random.Random(SEED)
    long_enough = [document for document in documents if len(document.text.split()) >= LEAST_WORDS]
    chosen = draw.sample(long_enough, min(count, len(long_enough)))
    copies = []
    for number, document in enumerate(chosen):
        similarity = LEAST + (MOST - LEAST) * number / max(1, len(chosen) - 1)
        copies.append(Text(f"planted {similarity:.2f}", edited(document.text, similarity, ngram, draw)))
    return copies


def edited(text: str, similarity: float, ngram: int, draw: random.Random) -> str:
    """`text` with as many words edited as make its shingles of `ngram` words so similar to it, on the average."""
    share = 1 - (2 * similarity / (1 + similarity)) ** (1 / ngram)
    pieces = re.split(r"(\s+)", text)  # words, and the whitespace between them
    words = pieces[::2]
    for at in range(0, len(pieces), 2):
        if draw.random() < share:
            word = "".join(draw.sample("abcdefghijklmnopqrstuvwxyz", 7))
            kind = draw.randrange(3)
            pieces[at] = (word, f"{pieces[at]} {draw.choice(words)}{word}", "")[kind]
    return "".join(pieces)
