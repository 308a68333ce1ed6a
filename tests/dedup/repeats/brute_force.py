"""What is repeated, by the definitions and without any cleverness."""

from collections.abc import Sequence


def repeated_bytes(texts: Sequence[bytes], window_bytes: int) -> list[list[bool]]:
    """Of each text (in order), which bytes stand in a window that stands before: in an earlier text, or wholly before
    it in the same one.
    """
    firsts: dict[bytes, tuple[int, int]] = {}
    found = []
    for number, text in enumerate(texts):
        marks = [False] * len(text)
        for start in range(len(text) - window_bytes + 1):
            window = text[start : start + window_bytes]
            document, first = firsts.setdefault(window, (number, start))
            if document < number or first + window_bytes <= start:
                marks[start : start + window_bytes] = [True] * window_bytes
        found.append(marks)
    return found


def units_of(text: bytes, unit: str) -> list[tuple[bytes, int, int]]:
    """(normalised, start, end) of each line or paragraph that is not blank."""
    lines = []
    at = 0
    for line in text.split(b"\n"):
        lines.append((b" ".join(line.split(None)), at, min(at + len(line) + 1, len(text))))
        at += len(line) + 1
    if unit == "line":
        return [line for line in lines if line[0]]
    units: list[tuple[bytes, int, int]] = []
    was_blank = True
    for content, start, _ in lines:
        if content and was_blank:
            if units:
                units[-1] = (units[-1][0], units[-1][1], start)
            units.append((content, start, len(text)))
        elif content:
            units[-1] = (units[-1][0] + b" " + content, units[-1][1], len(text))
        was_blank = not content
    return units


def later_units(texts: Sequence[bytes], unit: str, min_bytes: int, copies: int) -> list[list[tuple[int, int]]]:
    """Of each text (in order), the spans of the units behind the `copies` first of the same."""
    seen: dict[bytes, int] = {}
    found = []
    for text in texts:
        spans = []
        for content, start, end in units_of(text, unit):
            if len(content) >= min_bytes:
                seen[content] = seen.get(content, 0) + 1
                if seen[content] > copies:
                    spans.append((start, end))
        found.append(spans)
    return found
