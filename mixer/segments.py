"""Text from typed segments: ordinary pieces, and special tokens as values between them.

A mark is a special token with the byte offset before which the tokenizer inserts it. Text from the outside
therefore never becomes a special token, whatever it spells. That a mark's token exists is checked where it gets
its id, by the tokenizer.
"""

Marks = list[tuple[int, str]]  # (offset in UTF-8 bytes, token), ascending
Rendered = tuple[str, Marks]  # a document's text and its marks


class TextWithMarks:
    """Builds a document's text from typed segments.

    >>> built = TextWithMarks().mark("<commit_msg>").text("fix é").mark("<commit_after>").text("x")
    >>> built.build()
    ('fix éx', [(0, '<commit_msg>'), (6, '<commit_after>')])
    """

    def __init__(self) -> None:
        self._pieces: list[str] = []
        self._marks: Marks = []
        self._size_bytes = 0

    def mark(self, token: str) -> "TextWithMarks":
        """Put special token `token` here."""
        self._marks.append((self._size_bytes, token))
        return self

    def text(self, piece: str) -> "TextWithMarks":
        """Put ordinary text here."""
        self._pieces.append(piece)
        self._size_bytes += len(piece.encode("utf-8", "surrogatepass"))
        return self

    def build(self) -> Rendered:
        """The text and its marks, offsets in UTF-8 bytes, ascending."""
        return "".join(self._pieces), list(self._marks)
