"""Python's parser in a child process with limits: some texts cost it exponential time, and nothing interrupts it."""

import atexit

from quality.limited_process import ChildEnded, LimitedProcess, answer_messages
from quality.python_parser.verdicts import verdict

UNPARSED = "unparsed"  # took too long or ended the child
MAX_MEMORY_BYTES = 2 << 30
SERVE = "from quality.python_parser.process import serve; serve()"


class ParserProcess:
    """A child that parses one text after another; it is started when needed, and again after it ended."""

    def __init__(self) -> None:
        self._process = LimitedProcess(SERVE)

    def verdict(self, text: bytes, max_cpu_seconds: float) -> str:
        """`verdict` of a text in UTF-8, or UNPARSED."""
        try:
            return self._process.answer(text, max_cpu_seconds).decode("ascii")
        except ChildEnded:
            return UNPARSED

    def close(self) -> None:
        """Ends the child; a later text starts a new one."""
        self._process.close()


def serve() -> None:
    """The child's loop: a text from stdin, its verdict to stdout, until stdin ends."""
    answer_messages(lambda text: verdict(text.decode("utf-8", "replace")).encode("ascii"), MAX_MEMORY_BYTES)


_PROCESS = ParserProcess()
atexit.register(_PROCESS.close)


def parsed_verdict(text: bytes, max_cpu_seconds: float) -> str:
    """`verdict` of a text in UTF-8 from this process's child, or UNPARSED."""
    return _PROCESS.verdict(text, max_cpu_seconds)
