"""The web text rules against the installed datatrove: verdict, reason and text, on seeded text that is anything."""

import random
import warnings
from functools import cache

import pytest

from benchmarks.datatrove_filters import CHAIN, agree, datatrove_filters, datatrove_verdict, our_verdicts
from tests.quality.texts import SENTENCES, multilingual_texts

LINES = [
    *SENTENCES.values(),
    *[
        "Home | About | Contact",
        "Read more...",
        "- a bullet with some words",
        "• another one",
        "#tag #tag",
        "…",
        "",
        "",
        " ",
    ],
    *["See [1] and [citation needed].", "[edit] History of it", "Please enable JavaScript to go on.", "x = {y: 1};"],
    *[
        "This site uses cookies. Read the privacy policy.",
        "Lorem ipsum dolor sit amet.",
        "Mr. Smith went home. He slept.",
    ],
    *['Don\'t you know? "I do," she said.', "It's 10 km (6 mi) away, e.g. by U.S. Route 1.", "1 2 3 4 5 6 7 8 9 10"],
    *[
        "The cat sat on the mat, and the dog lay in the sun with it, and they were friends.",
        "What is it, then?!  So. It is.",
    ],
    *[
        "Wir haben das gelesen (z. B. gestern).",
        "会议。会议！会议？",
        "a" * 1001 + " is long.",
        "0x00 0x01 -- --- - --",
        "...",
    ],
]


def texts(count: int, seed: int = 1) -> list[str]:
    draw = random.Random(seed)
    found = multilingual_texts(count // 4, seed)
    while len(found) < count:
        lines = draw.choices(LINES, k=draw.randint(1, 40))
        found.append(draw.choice(["\n", "\n", "\n\n", "\r\n", " "]).join(lines))
    return found


@cache
def ours(clean: str) -> tuple[dict[str, list[list[str]]], list[str]]:
    return our_verdicts(texts(400), clean)


@pytest.mark.parametrize("rule", CHAIN)
def test_every_verdict_and_reason_is_datatroves(rule: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # the mean of no word lengths
        theirs = [datatrove_verdict(datatrove_filters(any_end=False)[rule], text)[0] for text in texts(400)]
    found = ours("none")[0][rule]
    assert [
        text for text, reason, of_ours in zip(texts(400), theirs, found, strict=True) if not agree(reason, of_ours)
    ] == []
    assert len(set(theirs)) >= 3  # the texts fail for several reasons


@pytest.mark.parametrize("clean", ["c4", "c4_any_end"])
def test_cleaned_texts_and_fineweb_on_them_are_datatroves(clean: str) -> None:
    filters = datatrove_filters(any_end=clean == "c4_any_end")
    verdicts, cleaned = ours(clean)
    n_kept = 0
    for i, text in enumerate(texts(400)):
        reason, left = datatrove_verdict(filters["c4"], text)
        assert agree(reason, verdicts["c4"][i]), text
        if reason is None:
            n_kept += 1
            assert cleaned[i] == left
            assert agree(datatrove_verdict(filters["fineweb"], left)[0], verdicts["fineweb"][i]), text
    assert n_kept > 20
