import pytest
import tiktoken
from hypothesis import given
from hypothesis import strategies as st

from mixer.tokens import ENCODINGS, SENTINELS, tokenizer

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


def test_an_unknown_tokenizer_names_the_known() -> None:
    with pytest.raises(ValueError, match="known: cl100k_base"):
        tokenizer("gpt-17")
