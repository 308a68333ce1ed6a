"""Text as CCNet (Wenzek et al. 2020) hands it to its language models: fewer different characters."""

import re
import unicodedata

DIGIT = re.compile(r"\d")

# CCNet, text_normalizer.py; １ for a quotation mark is theirs as well.
PUNCTUATION = {
    "，": ",",
    "。": ".",
    "、": ",",
    "„": '"',
    "”": '"',
    "“": '"',
    "«": '"',
    "»": '"',
    "１": '"',
    "」": '"',
    "「": '"',
    "《": '"',
    "》": '"',
    "´": "'",
    "∶": ":",
    "：": ":",
    "？": "?",
    "！": "!",
    "（": "(",
    "）": ")",
    "；": ";",
    "–": "-",
    "—": " - ",
    "．": ". ",
    "～": "~",
    "’": "'",
    "…": "...",
    "━": "-",
    "〈": "<",
    "〉": ">",
    "【": "[",
    "】": "]",
    "％": "%",
    "►": "-",
}
NOT_PRINTED = dict.fromkeys((*range(32), *range(127, 160)))
REPLACED = str.maketrans(PUNCTUATION) | NOT_PRINTED


def ccnet_line(line: str) -> str:
    """One line in lower case, without accents and control characters, digits as 0, punctuation as ASCII."""
    return DIGIT.sub("0", without_accents(line.strip().lower())).translate(REPLACED)


def without_accents(line: str) -> str:
    """In Unicode's decomposed form and without combining marks."""
    if line.isascii():
        return line
    decomposed = unicodedata.normalize("NFD", line)
    return "".join(character for character in decomposed if unicodedata.category(character) != "Mn")
