"""What CPython's parser says of a text: Python 3, Python 2, or neither. Runs in a process of its own."""

import ast
import re
import warnings

VALID, INVALID, PYTHON_2 = "valid", "invalid", "python_2"

# How CPython says that it met Python 2.
_MESSAGES = (
    "Missing parentheses in call to 'print'",
    "Missing parentheses in call to 'exec'",
    "multiple exception types must be parenthesized",
    "leading zeros in decimal integer literals",
    "invalid hexadecimal literal",  # 0xFFL
)
# Lines of Python 2 at which it says something else. Each is tried on one line of bounded length.
_LINE = re.compile(
    r"^\s*print\s*(?:\s\w|['\"])|^\s*exec\s+['\"\w]|\braise\s+[\w.]+\s*,|\bexcept\b[^:]*,\s*\w+\s*:|<>|`[^`]*`"
    r"|\b\d+[lL]\b|\b0[0-7]+\b|\bur['\"]|\bdef\s+\w+\([^)]*\(\w+,"
)
_MAX_LINE_CHARS = 500


def verdict(text: str) -> str:
    """VALID, INVALID or PYTHON_2; raises what exhausts the parser."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of invalid escapes
            compile(text.removeprefix("\ufeff"), "<document>", "exec", flags=ast.PyCF_ONLY_AST, dont_inherit=True)
    except (SyntaxError, ValueError) as error:  # ValueError: NUL bytes, numbers of too many digits
        return PYTHON_2 if _is_python_2(error) else INVALID
    except (RecursionError, MemoryError, OverflowError):  # nested too deeply for it
        return INVALID
    return VALID


def _is_python_2(error: SyntaxError | ValueError) -> bool:
    if not isinstance(error, SyntaxError):
        return False
    if any(message in (error.msg or "") for message in _MESSAGES):
        return True
    return _LINE.search((error.text or "")[:_MAX_LINE_CHARS]) is not None
