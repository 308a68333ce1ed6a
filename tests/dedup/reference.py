"""The kernels' definitions once more, in plain Python over strings: slow, and written without looking at buffers."""

from dedup.characters import KINDS
from dedup.kernels import ALONE, LETTER
from dedup.settings import DedupSettings
from dedup.signatures import splitmix64

_MASK = 2**64 - 1


def words(text: str) -> list[str]:
    """The normalised words of `text`."""
    found, current = [], ""
    for character in text:
        folded = character.lower() if character.isascii() else character
        kind = KINDS[ord(character)]
        if kind == LETTER:
            current += folded
            continue
        if current:
            found.append(current)
            current = ""
        if kind == ALONE:
            found.append(folded)
    return [*found, current] if current else found


def mix64(value: int) -> int:
    """MurmurHash3's finalizer."""
    value ^= value >> 33
    value = value * 0xFF51AFD7ED558CCD & _MASK
    value ^= value >> 33
    value = value * 0xC4CEB9FE1A85EC53 & _MASK
    return value ^ (value >> 33)


def word_hash(word: str) -> int:
    """Hash of one word."""
    value = 0xCBF29CE484222325
    for character in word:
        value = (value ^ ord(character)) * 0x9FB21C651E98DF25 & _MASK
    return mix64(value)


def shingle_hashes(text: str, ngram_words: int) -> list[int]:
    """32-bit hash of each run of `ngram_words` words."""
    hashes = [word_hash(word) for word in words(text)]
    shingles = []
    for start in range(len(hashes) - ngram_words + 1):
        value = 0
        for word in hashes[start : start + ngram_words]:
            value = (value * 0x9E3779B97F4A7C15 + word) & _MASK
        shingles.append(mix64(value) >> 32)
    return shingles


def signature(text: str, settings: DedupSettings) -> list[int] | None:
    """MinHash lanes, or None without a shingle."""
    shingles = set(shingle_hashes(text, settings.ngram))
    if not shingles:
        return None
    drawn = [value >> 32 for value in splitmix64(settings.seed, 2 * settings.lanes)]
    return [
        min((shingle * (multiplier | 1) + addend) % 2**32 for shingle in shingles)
        for multiplier, addend in zip(drawn[: settings.lanes], drawn[settings.lanes :], strict=True)
    ]
