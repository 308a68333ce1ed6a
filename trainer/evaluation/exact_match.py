"""Whether a generated answer is one of those accepted, in SQuAD's and GSM8K's ways."""

import re
import string
from collections.abc import Sequence
from decimal import Decimal, InvalidOperation

_ARTICLES = re.compile(r"\b(a|an|the)\b")
_NUMBER = re.compile(r"-?\d[\d,]*(?:\.\d+)?|-?\.\d+")
_PUNCTUATION = str.maketrans("", "", string.punctuation)


def is_accepted(answer: str, accepted: Sequence[str]) -> bool:
    """Equal to one of them after SQuAD's normalisation (Rajpurkar et al. 2016)."""
    return normalised(answer) in {normalised(text) for text in accepted} - {""}


def normalised(text: str) -> str:
    """Lower case, without punctuation, articles and superfluous space."""
    return " ".join(_ARTICLES.sub(" ", text.lower().translate(_PUNCTUATION)).split())


def last_number(text: str) -> Decimal | None:
    """The last number in `text`, thousands separators left out; None where there is none."""
    found = _NUMBER.findall(text)
    try:
        return Decimal(found[-1].replace(",", "")) if found else None
    except InvalidOperation:
        return None


def is_number(answer: str, accepted: Sequence[str]) -> bool:
    """Whether the last number of `answer` equals one of those accepted."""
    found = last_number(answer)
    return found is not None and found in {last_number(text) for text in accepted}
