import json
import resource
import subprocess
import sys

import numpy as np
import numpy.typing as npt
import pytest
import tiktoken
from hypothesis import given
from hypothesis import strategies as st

from mixer import tokens
from mixer.tokens import ENCODINGS, SENTINELS, is_boundary, tokenizer

ENCODER = tokenizer("cl100k_base")
REFERENCE = tiktoken.get_encoding(ENCODINGS["cl100k_base"])

hostile = st.lists(
    st.one_of(
        st.text(max_size=20), st.sampled_from([*SENTINELS, "<|endoftext|>", "<|fim_prefix|>", "<|endofprompt|>"])
    ),
    max_size=6,
).map("".join)


@given(hostile)
def test_text_never_becomes_a_special_token(text: str) -> None:
    ids = ENCODER.encode_document(text).tolist()
    assert ids[-1] == ENCODER.end_of_text_id
    assert not set(ids[:-1]) & set(ENCODER.special_tokens.values())
    assert ENCODER.decode(ids[:-1]) == text


@given(st.text(max_size=200))
def test_ids_are_the_reference_tokenizers(text: str) -> None:
    assert ENCODER.encode_text(text) == REFERENCE.encode_ordinary(text)


def test_marks_become_special_tokens_in_their_places() -> None:
    ids = ENCODER.encode_document("é<pr>b", [(0, "<commit_msg>"), (2, "<commit_after>")]).tolist()
    special = ENCODER.special_tokens
    assert ids[0] == special["<commit_msg>"]
    assert ids.index(special["<commit_after>"]) == 1 + len(ENCODER.encode_text("é"))
    assert special["<pr>"] not in ids
    assert ENCODER.decode(ids) == "<commit_msg>é<commit_after><pr>b<|endoftext|>"


@pytest.mark.parametrize(
    ("marks", "message"),
    [
        ([(0, "<nope>")], "no special token"),
        ([(9, "<pr>")], "at byte 9 of 2"),
        ([(2, "<pr>"), (1, "<pr>")], "after byte 2"),
    ],
)
def test_bad_marks_are_refused(marks: list[tuple[int, str]], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        ENCODER.encode_document("ab", marks)


def test_special_tokens_do_not_collide_and_fit_the_vocabulary() -> None:
    ids = list(ENCODER.special_tokens.values())
    assert len(set(ids)) == len(ids)
    assert max(ids) < ENCODER.vocabulary_size
    assert ENCODER.info.id_type == "uint32"
    assert ENCODER.special_tokens["<repo_name>"] == 100277  # pinned: ids may never move


def test_trap_one_unbroken_run_of_a_million_characters_is_tokenized_in_bounded_time() -> None:
    for run in ("a", " ", "^", "\U0001f600", "\n"):
        ids = ENCODER.encode_text(run * 1_000_000)
        assert ENCODER.decode(ids) == run * 1_000_000


# What the split pattern treats in its own way, so that neighbours of every class meet.
classes = st.text(
    st.one_of(st.sampled_from("ab'sSſ 1²٣_.,-(\t\n\r\u00a0\u0301\u200d字。\u3000é\U0001f600\ufe0f"), st.characters()),
    max_size=30,
)


@given(classes, classes)
def test_a_boundary_changes_no_id(left: str, right: str) -> None:
    if left and right and is_boundary(left[-1], right[0]):
        assert ENCODER.encode_text(left) + ENCODER.encode_text(right) == REFERENCE.encode_ordinary(left + right)


@pytest.mark.parametrize("pair", ["a ", "a\n", "1,", ") ", "é'", "字。", "a\t", "a_", "x\u0301"])
def test_ordinary_text_has_boundaries(pair: str) -> None:
    assert is_boundary(*pair)


@pytest.mark.parametrize("pair", ["ab", "12", "  ", "\n ", ")\n", "''", "\r\n", "a\U0001e4d0"])
def test_no_boundary_where_a_piece_may_go_on(pair: str) -> None:
    assert not is_boundary(*pair)


@pytest.mark.parametrize(
    "sentence",
    ["The lamp (a brass one) isn't lit;\tit's 1,024 lumen.\n\n", "灯塔看守人每天晚上写下天气，没有人读它。\n"],
)
def test_pieces_change_no_id_of_ordinary_text(sentence: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tokens, "MAX_PIECE_CHARS", 37)
    monkeypatch.setattr(tokens, "CUT_SEARCH_CHARS", 30)
    assert ENCODER.encode_text(sentence * 50) == REFERENCE.encode_ordinary(sentence * 50)


CPU_LIMIT_S = 120  # the work takes about two; what takes quadratic time, or hangs, is killed

ENCODE_IN_CHILD = """
import json, resource, sys
from mixer.tokens import tokenizer
encoder = tokenizer("cl100k_base")
encoder.encode_text("warm")
before_kib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
unit, times = json.loads(sys.argv[1])
text = unit * times
ids = encoder.encode_document(text)
peak_bytes = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before_kib) * 1024
print(json.dumps([len(ids), len(text.encode()), peak_bytes, encoder.decode(ids[:-1]) == text]))
"""


def encode_in_child(unit: str, times: int) -> tuple[int, int, int]:
    """Ids, bytes and peak memory of `unit * times`, encoded by a process that may use CPU_LIMIT_S seconds."""
    done = subprocess.run(
        [sys.executable, "-c", ENCODE_IN_CHILD, json.dumps([unit, times])],
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_CPU, (CPU_LIMIT_S, CPU_LIMIT_S)),
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr.decode()[-500:]
    ids, size_bytes, peak_bytes, round_trip = json.loads(done.stdout)
    assert round_trip
    return ids, size_bytes, peak_bytes


HUGE_BYTES = 8_000_000


@pytest.mark.parametrize("unit", ["a", "The lamp is lit, and the keeper writes it down.\n"], ids=["run", "prose"])
def test_trap_a_huge_document_tokenizes_in_bounded_time_and_memory(unit: str) -> None:
    ids, size_bytes, peak_bytes = encode_in_child(unit, HUGE_BYTES // len(unit))
    assert ids > size_bytes / 10
    assert peak_bytes < 6 * size_bytes  # the text, its ids at 4 bytes twice, and a piece's lists


@pytest.mark.parametrize("text", ["a" * 1_000_000, "lamp (lit) \n" * 100_000], ids=["run", "prose"])
def test_trap_the_encoder_never_sees_more_than_a_piece(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Work grows with the size, not faster: twice the text is twice the pieces, of the same size."""
    sizes: list[int] = []

    def recording(piece: str) -> npt.NDArray[np.uint32]:
        sizes.append(len(piece))
        return np.array(REFERENCE.encode_ordinary(piece), np.uint32)

    monkeypatch.setattr(ENCODER, "_encode", recording)
    counts = []
    for part in (text[: len(text) // 2], text):
        sizes.clear()
        ENCODER.encode_document(part)
        assert sum(sizes) == len(part)
        assert max(sizes) <= tokens.MAX_PIECE_CHARS
        assert min(sizes[:-1]) > tokens.MAX_PIECE_CHARS - tokens.CUT_SEARCH_CHARS
        counts.append(len(sizes))
    assert counts[0] <= counts[1] <= 2 * counts[0]


FAMILY = "\U0001f468\u200d\U0001f469\u200d\U0001f467\u200d\U0001f466"  # one glyph: four emoji and three joiners


EMOJI = ("\U0001f600", FAMILY, "\U0001f44d\U0001f3fd", "\u2764\ufe0f", "\U0001f1e9\U0001f1ea")


@pytest.mark.parametrize("repeats", [1, 2_000], ids=["sixty-eight", "two million"])
def test_trap_sixty_eight_emoji_do_not_hang(repeats: int) -> None:
    encode_in_child("".join(unit * 68 for unit in EMOJI), repeats)


def test_an_unknown_tokenizer_names_the_known() -> None:
    with pytest.raises(ValueError, match="known: cl100k_base"):
        tokenizer("gpt-17")
