"""A tiktoken vocabulary as the `tokenizer.json` that Hugging Face's tokenizers read; same ids, nothing fetched.

tiktoken stores ranks of byte strings; tokenizers want the pair that each was merged from, which follows from the ranks:
merging the string's bytes by all lower ranks leaves two parts. Bytes are spelled with GPT-2's printable characters.
"""

from functools import cache
from typing import Any

import tiktoken

from mixer.tokens import ENCODINGS, Tokenizer

# cl100k_base's split pattern without possessive quantifiers, which Oniguruma, the engine of `tokenizers`, reads
# otherwise after `{1,3}`; `\z` because its `$` is the end of a line. Its case-insensitive contractions are spelled out
# with the one letter that folds to ASCII outside of it (the long s).
PATTERN = (
    r"'(?:[sSſdDmMtT]|[lL][lL]|[vV][eE]|[rR][eE])|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}"
    r"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s+\z|\s*[\r\n]|\s+(?!\S)|\s"
)
KNOWN_PATTERN = (
    r"'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}++|\p{N}{1,3}+"
    r"| ?[^\s\p{L}\p{N}]++[\r\n]*+|\s++$|\s*[\r\n]|\s+(?!\S)|\s"
)


class UnknownPatternError(ValueError):
    """The vocabulary splits text by another expression than the one that is translated here."""


def tokenizer_json(tokenizer: Tokenizer) -> dict[str, Any]:
    """The content of `tokenizer.json`: byte-level BPE with our special tokens at their ids."""
    base = tiktoken.get_encoding(ENCODINGS[tokenizer.name])
    if base._pat_str != KNOWN_PATTERN:
        raise UnknownPatternError(
            f"{tokenizer.name} splits by {base._pat_str!r}, for which there is no translation yet"
        )
    ranks = base._mergeable_ranks
    special = sorted(tokenizer.special_tokens.items(), key=lambda pair: pair[1])
    return {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": [_added_token(text, number) for text, number in special],
        "normalizer": None,
        "pre_tokenizer": {
            "type": "Sequence",
            "pretokenizers": [
                {"type": "Split", "pattern": {"Regex": PATTERN}, "behavior": "Isolated", "invert": False},
                {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": False},
            ],
        },
        "post_processor": None,
        "decoder": {"type": "ByteLevel", "add_prefix_space": True, "trim_offsets": True, "use_regex": True},
        "model": {
            "type": "BPE",
            "dropout": None,
            "unk_token": None,
            "continuing_subword_prefix": None,
            "end_of_word_suffix": None,
            "fuse_unk": False,
            "byte_fallback": False,
            "ignore_merges": True,  # as tiktoken: a piece that is a token is that token
            # Special tokens stand here too, since readers number added tokens anew where the vocabulary lacks them. The
            # split keeps them apart from text: none of them is one piece.
            "vocab": {_spelled(token): rank for token, rank in ranks.items()} | dict(special),
            "merges": [[_spelled(left), _spelled(right)] for left, right in merges_of(ranks)],
        },
    }


def tokenizer_config(tokenizer: Tokenizer, end_of_text: str, sequence_length: int) -> dict[str, Any]:
    """The content of `tokenizer_config.json`; nothing is put before or behind a text."""
    return {
        "tokenizer_class": "PreTrainedTokenizerFast",
        "bos_token": end_of_text,
        "eos_token": end_of_text,
        "pad_token": end_of_text,
        "additional_special_tokens": [text for text in tokenizer.special_tokens if text != end_of_text],
        "add_bos_token": False,
        "add_eos_token": False,
        "clean_up_tokenization_spaces": False,
        "model_max_length": sequence_length,
    }


def merges_of(ranks: dict[bytes, int]) -> list[tuple[bytes, bytes]]:
    """The two parts that each token of more than one byte is merged from, in the order of ranks."""
    found = []
    for token, rank in sorted(ranks.items(), key=lambda pair: pair[1]):
        if len(token) > 1:
            parts = _merge(ranks, token, rank)
            if len(parts) != 2:
                raise ValueError(f"token {token!r} of rank {rank} is no merge of two others")
            found.append((parts[0], parts[1]))
    return found


def _merge(ranks: dict[bytes, int], token: bytes, below: int) -> list[bytes]:
    """`token` after all merges of a rank under `below`, the lowest first, the leftmost first among equals."""
    parts = [token[at : at + 1] for at in range(len(token))]
    while len(parts) > 2:
        candidates = [(ranks.get(parts[at] + parts[at + 1], below), at) for at in range(len(parts) - 1)]
        rank, at = min(candidates)
        if rank >= below:
            break
        parts[at : at + 2] = [parts[at] + parts[at + 1]]
    return parts


def _added_token(text: str, number: int) -> dict[str, Any]:
    flags = {"single_word": False, "lstrip": False, "rstrip": False, "normalized": False, "special": True}
    return {"id": number, "content": text} | flags


def _spelled(token: bytes) -> str:
    return "".join(_byte_characters()[byte] for byte in token)


@cache
def _byte_characters() -> tuple[str, ...]:
    """A printable character for each byte: itself where it is one in Latin-1, else one from 256 on (GPT-2)."""
    printable = {*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)}
    characters, following = [], 0x100
    for byte in range(0x100):
        if byte in printable:
            characters.append(chr(byte))
        else:
            characters.append(chr(following))
            following += 1
    return tuple(characters)
