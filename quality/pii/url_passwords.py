"""Passwords in URLs: scheme://user:password@host, where the password is no word and the host no example."""

from typing import Any

from quality.kernel import called_kernel, kernel
from quality.pii.bytes import ALPHANUMERIC, SECRET, any_stands_within, is_of, phrases
from quality.pii.entropy import entropy_bits, is_placeholder, n_digit_borders

MAX_USER_INFO_BYTES = 160
MIN_PASSWORD_BYTES = 8
MIN_PASSWORD_BITS = 2.75  # gitleaks' curl-auth-header; eight different characters have 3
LOCAL_HOSTS = phrases(["localhost", "127.0.0.1", "example", "host:", "host/", "hostname"])


@called_kernel
def find_url_password(data: Any, at: int, floor: int, end: int) -> tuple[int, int]:
    """Start and end of the password in a URL's scheme://user:password@, the @ being data[at]; or (0, 0).

    Where such a URL's password is a word, as in documentation, start is where the @ stands and end 0.
    """
    colon = -1
    start = at
    limit = max(floor, at - MAX_USER_INFO_BYTES)
    while start > limit and _is_of_user_info(data[start - 1]):
        start -= 1
        if data[start] == ord(":"):
            colon = start
    if start < floor + 3 or data[start - 1] != 47 or data[start - 2] != 47 or data[start - 3] != ord(":") or colon < 0:
        return 0, 0
    password = colon + 1
    is_word_only = n_digit_borders(data, password, at) == 0
    if at - password < MIN_PASSWORD_BYTES or is_word_only or is_placeholder(data, password, at):
        return at, 0
    if (
        at + 1 >= end
        or not is_of(data[at + 1], ALPHANUMERIC)
        or any_stands_within(data, at + 1, min(end, at + 16), LOCAL_HOSTS)
    ):
        return at, 0
    return (password, at) if entropy_bits(data, password, at) >= MIN_PASSWORD_BITS else (at, 0)


@kernel
def _is_of_user_info(byte: int) -> bool:
    return (is_of(byte, SECRET) or byte == ord(":")) and byte != ord("/") and byte != ord("@")
