"""Outputs of a notebook's cells as text: what a terminal would show, without images, HTML and widgets."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

# ECMA-48 control sequences (colours of tracebacks) and operating system commands (links, titles).
_CONTROL_SEQUENCE = re.compile(r"\x1b\[[0-?]*+[ -/]*+[@-~]|\x1b\][^\x07\x1b]*+(?:\x07|\x1b\\)|\x1b[@-Z\\-_]?")
_BACKSPACES = re.compile("\b{2,}")  # how Keras goes back to the start of its progress bar
_CONTROL_CHARACTER = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_INLINE_IMAGE = re.compile(r"data:image/[A-Za-z0-9.+-]{1,40};base64,[A-Za-z0-9+/=%]*+")

# A bundle with one of these shows it; its text/plain only stands in: `<Figure size 640x480 with 1 Axes>`.
_STANDS_IN_FOR = ("image/", "video/", "audio/", "application/vnd.jupyter.widget", "application/javascript")
_NO_TEXT = ("<IPython.core.display.", "<IPython.lib.display.")
_IMAGE_KEYS = ("png", "jpeg", "svg", "javascript")  # of nbformat 2 and 3, where a bundle's keys are the output's own


def text_of(value: object) -> str:
    """A multi-line string of nbformat, which is a string or a list of them; empty for anything else."""
    if isinstance(value, str):
        return value
    return "".join(part for part in value if isinstance(part, str)) if isinstance(value, list) else ""


def without_inline_images(text: str) -> str:
    """`text` without the content of images that stand in it as data: addresses."""
    return _INLINE_IMAGE.sub("", text) if "data:image/" in text else text


def as_shown(text: str) -> str:
    """`text` as a terminal shows it: no colours, and of a line that was written over, the last state."""
    if "\x1b" in text:
        text = _CONTROL_SEQUENCE.sub("", text)
    if "\b" in text:
        text = _BACKSPACES.sub("\r", text)
    if "\r" in text:
        text = "\n".join(_last_state(line) for line in text.replace("\r\n", "\n").split("\n"))
    return _CONTROL_CHARACTER.sub("", text)


def _last_state(line: str) -> str:
    return line.rstrip("\r").rsplit("\r", 1)[-1]


def texts_of_outputs(outputs: object) -> Iterator[str]:
    """The texts of a code cell's outputs in order; pieces of one stream that follow each other are one."""
    pending: list[str] = []
    for output in outputs if isinstance(outputs, list) else []:
        if not isinstance(output, dict):
            continue
        if output.get("output_type") == "stream":
            pending.append(text_of(output.get("text")))
            continue
        if pending:
            yield as_shown("".join(pending))
            pending = []
        yield as_shown(_text_of_result(output))
    if pending:
        yield as_shown("".join(pending))


def _text_of_result(output: Mapping[str, Any]) -> str:
    """A result's, display's or error's text; empty: it has none."""
    if output.get("output_type") in ("error", "pyerr"):
        traceback = output.get("traceback")
        lines = [line for line in traceback if isinstance(line, str)] if isinstance(traceback, list) else []
        return "\n".join(lines) or f"{text_of(output.get('ename'))}: {text_of(output.get('evalue'))}"
    data = output.get("data")
    if isinstance(data, dict):  # nbformat 4
        if any(key.startswith(_STANDS_IN_FOR) for key in data):
            return ""
        text = text_of(data.get("text/plain"))
    else:
        if any(key in output for key in _IMAGE_KEYS):
            return ""
        text = text_of(output.get("text"))
    return "" if text.startswith(_NO_TEXT) else text
