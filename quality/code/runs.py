"""Finding long runs of bytes of a kind without reading most of the others."""

from typing import Any

from quality.kernel import kernel


@kernel
def next_run(kinds: Any, at: int, end: int, kind: int, min_bytes: int) -> tuple[int, int]:
    """The start and end of the first run of `min_bytes` bytes or more that are of `kind`, in kinds[at:end].

    Both are `end` where there is none. A run that long covers one of every `min_bytes` places, so those are looked at
    first, going back from there. Time is linear: a byte is read going back at most once, and once more going forward.
    """
    start = at  # no run begins before it
    while start + min_bytes <= end:
        last = start + min_bytes - 1
        while last >= start and kinds[last] == kind:
            last -= 1
        if last < start:
            stop = start + min_bytes
            while stop < end and kinds[stop] == kind:
                stop += 1
            return start, stop
        start = last + 1
    return end, end


@kernel
def next_run_of_class(text: Any, at: int, classes: Any, of_class: int, min_bytes: int) -> tuple[int, int]:
    """As `next_run`, for bytes of `text` that are of a class of the table `classes`."""
    start = at
    while start + min_bytes <= len(text):
        last = start + min_bytes - 1
        while last >= start and classes[text[last]] & of_class:
            last -= 1
        if last < start:
            stop = start + min_bytes
            while stop < len(text) and classes[text[stop]] & of_class:
                stop += 1
            return start, stop
        start = last + 1
    return len(text), len(text)
