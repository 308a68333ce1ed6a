"""Private keys in text armour (RFC 7468, RFC 4880): from -----BEGIN ... PRIVATE KEY ...----- to its END line."""

from typing import Any

from quality.kernel import called_kernel, kernel
from quality.pii.bytes import ALPHANUMERIC, UPPER, any_stands_within, is_of, phrases, stands_at

MAX_LABEL_BYTES = 64
MIN_LINE_CHARS = 48  # of Base64: some line of a key has as many; the shortest key (Ed25519, PKCS 8) has 64
MAX_ESCAPE_CHARS = 2  # a shorter run of letters is the n of an escaped line end

MARKERS = phrases(["-----begin ", "-----end ", "-----"])
BEGIN, END, DASHES = range(3)
PRIVATE_KEY = phrases(["private key"])
PUNCTUATION = phrases(list("+/=-:,.;()\\\"'|>#*%"))  # of Base64, of headers, and of code around lines


@called_kernel
def find_private_key(data: Any, start: int, end: int) -> tuple[int, int]:
    r"""Start and end of the key whose first dash is data[start], or (0, 0).

    Inside, line ends may be real or escaped (\n), and lines quoted and joined as code does. A key without its END line
    goes to its last line. Reading stops at five dashes, so what is read is read once.
    """
    if not stands_at(data, start, end, MARKERS, BEGIN):
        return 0, 0
    label = start + len("-----begin ")
    body = _label_end(data, label, end)
    if body == 0 or not any_stands_within(data, label, body, PRIVATE_KEY):
        return 0, 0
    last_line, stop = _read_body(data, body, end)
    if last_line == 0:
        return 0, 0
    if stands_at(data, stop, end, MARKERS, END):
        closed = _label_end(data, stop + len("-----end "), end)
        return start, max(last_line, closed)
    return start, last_line


@kernel
def _label_end(data: Any, start: int, end: int) -> int:
    """Behind the five dashes that close a marker whose label begins at data[start]; 0 if it is none."""
    limit = min(end, start + MAX_LABEL_BYTES)
    at = start
    while at < limit and (is_of(data[at], UPPER) or data[at] == ord(" ")):
        at += 1
    return at + len("-----") if stands_at(data, at, end, MARKERS, DASHES) else 0


@kernel
def _read_body(data: Any, start: int, end: int) -> tuple[int, int]:
    """The end of the key's last line (0: no line is long enough), and of what may stand between the markers."""
    last_line = 0
    is_over = False
    at = start
    while at < end:
        line_end = _base64_end(data, at, end)
        n_chars = line_end - at
        if not is_over and (n_chars >= MIN_LINE_CHARS or (last_line and n_chars > MAX_ESCAPE_CHARS)):
            last_line = line_end
            is_over = n_chars < MIN_LINE_CHARS
        at = line_end
        if at < end:
            if not _is_between_lines(data[at]) or stands_at(data, at, end, MARKERS, DASHES):
                break
            at += 1
    return last_line, at


@kernel
def _base64_end(data: Any, start: int, end: int) -> int:
    at = start
    while at < end and (is_of(data[at], ALPHANUMERIC) or data[at] == 43 or data[at] == 47 or data[at] == 61):
        at += 1
    return at


@kernel
def _is_between_lines(byte: int) -> bool:
    if byte == ord(" ") or 9 <= byte <= 13:
        return True
    for allowed in PUNCTUATION.data:  # noqa: SIM110 (numba has no generators)
        if byte == allowed:
            return True
    return False
