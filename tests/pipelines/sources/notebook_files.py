"""Small notebooks for the tests, of our own writing: nbformat 2, 3 and 4."""

import json
from typing import Any

Json = dict[str, Any]


def text(source: object, kind: str = "markdown") -> Json:
    return {"cell_type": kind, "metadata": {}, "source": source}


def code(source: object, *outputs: Json) -> Json:
    return {"cell_type": "code", "execution_count": 1, "metadata": {}, "outputs": list(outputs), "source": source}


def stream(value: object, name: str = "stdout") -> Json:
    return {"output_type": "stream", "name": name, "text": value}


def result(**data: object) -> Json:
    """A result with a bundle; `text_plain` stands for text/plain."""
    bundle = {name.replace("_", "/", 1): value for name, value in data.items()}
    return {"output_type": "execute_result", "data": bundle, "metadata": {}, "execution_count": 1}


def notebook(*cells: Json, **metadata: object) -> bytes:
    """nbformat 4."""
    value = {"nbformat": 4, "nbformat_minor": 5, "metadata": metadata, "cells": list(cells)}
    return json.dumps(value, ensure_ascii=False).encode()


PYTHON = {"language_info": {"name": "python"}}
TIDES = notebook(
    text(["# Tides\n", "How high?"]), code(["x = 1\n", "x + 1"], stream("first\n"), result(text_plain=["2"])), **PYTHON
)

OLD_CELLS = [
    {"cell_type": "heading", "level": 2, "source": ["Tides"]},
    {"cell_type": "markdown", "source": "How high?"},
    {
        "cell_type": "code",
        "collapsed": False,
        "input": ["x = 1\n", "x + 1"],
        "language": "python",
        "outputs": [
            {"output_type": "stream", "stream": "stdout", "text": ["first\n"]},
            {"output_type": "pyout", "prompt_number": 1, "text": ["2"]},
            {"output_type": "display_data", "png": "aGVsbG8=", "text": ["<Figure>"]},
        ],
    },
]


def old_notebook(nbformat: int, cells: list[Json] = OLD_CELLS) -> bytes:
    """nbformat 2 or 3: cells in worksheets, a cell's code in `input`."""
    return json.dumps({"nbformat": nbformat, "metadata": {"name": ""}, "worksheets": [{"cells": cells}]}).encode()
