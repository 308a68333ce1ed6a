"""HTML extraction in a process of its own, so that no page can hang the reader or take its memory."""

import atexit
import signal

from pipelines.readers.web.html import MAX_NESTING, extract_main_text, nesting
from quality.limited_process import ChildEnded, LimitedProcess, answer_messages

MAX_CPU_SECONDS = 60  # 16 MiB of ordinary markup take about two
MAX_MEMORY_BYTES = 4 << 30
EXTRACTED, FAILED = b"\0", b"\1"
SERVE = "from pipelines.readers.web.html_process import serve; serve()"


class ExtractionFailed(Exception):
    """A page gave no text; `reason` is the record's reason."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason
        self.detail = detail


class HtmlProcess:
    """A child process that extracts one page after another; it is started when needed and again after it
    died."""

    def __init__(self, max_cpu_seconds: float = MAX_CPU_SECONDS) -> None:
        self._max_cpu_seconds = max_cpu_seconds
        self._process = LimitedProcess(SERVE)

    def main_text(self, html: str) -> str:
        """The page's main text; raises ExtractionFailed."""
        if nesting(html) > MAX_NESTING:
            raise ExtractionFailed("nesting_too_deep", f"more than {MAX_NESTING} open blocks")
        try:
            answer = self._process.answer(html.encode("utf-8", "replace"), self._max_cpu_seconds)
        except ChildEnded as ended:
            raise self._died(ended.exit_code) from None
        status, text = answer[:1], answer[1:].decode("utf-8", "replace")
        if status == FAILED:
            raise ExtractionFailed("extraction_failed", text)
        return text

    def close(self) -> None:
        """Ends the child; a later page starts a new one."""
        self._process.close()

    def _died(self, exit_code: int | None) -> ExtractionFailed:
        if exit_code == -signal.SIGPROF:
            return ExtractionFailed("extraction_timeout", f"more than {self._max_cpu_seconds} CPU seconds")
        return ExtractionFailed("extraction_crashed", f"the parser's process ended with {exit_code}")


def serve() -> None:
    """The child's loop: a page from stdin, its text to stdout, until stdin ends."""
    answer_messages(_answer, MAX_MEMORY_BYTES)


def _answer(page: bytes) -> bytes:
    try:
        return EXTRACTED + extract_main_text(page.decode("utf-8")).encode("utf-8", "replace")
    except BaseException as error:  # a panic of native code is no Exception
        return FAILED + f"{type(error).__name__}: {error}".encode("utf-8", "replace")[:1000]


_PROCESS = HtmlProcess()
atexit.register(_PROCESS.close)


def main_text(html: str) -> str:
    """The page's main text, extracted in this process's child; raises ExtractionFailed."""
    return _PROCESS.main_text(html)
