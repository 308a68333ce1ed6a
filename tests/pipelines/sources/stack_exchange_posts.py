"""Small dumps for the tests, of our own writing."""

from xml.sax.saxutils import quoteattr

HEAD = '\ufeff<?xml version="1.0" encoding="utf-8"?>\n<posts>\n'
TAIL = "</posts>\n"
QUESTION = {
    "Id": 10,
    "PostTypeId": 1,
    "AcceptedAnswerId": 12,
    "CreationDate": "2019-03-12T17:00:45.567",
    "Score": 5,
    "Body": "<p>Which of <code>a</code> &amp; <code>b</code>?</p>\n",
    "Title": "Lamps & <wicks>",
    "Tags": "<lamps><wicks>",
}


def row(**values: object) -> str:
    """A row as dumps write it."""
    return f"  <row {' '.join(f'{name}={_quoted(value)}' for name, value in values.items())} />\n"


def question(**values: object) -> str:
    return row(**{**QUESTION, **values})


def answer(id_: int, parent: int = 10, score: int = 0, **values: object) -> str:
    body = f"<p>Answer {id_}.</p>"
    date = "2019-03-13T00:00:00.000"
    given = {"Id": id_, "PostTypeId": 2, "ParentId": parent, "CreationDate": date, "Score": score, "Body": body}
    return row(**{**given, **values})


def _quoted(value: object) -> str:
    return quoteattr(str(value), {"\n": "&#xA;", '"': "&quot;"}).replace("'", '"', 1)


def thread(parent: int = 10, answers: int = 3) -> list[str]:
    """A question with `answers` answers, whose ids follow."""
    return [
        question(Id=parent, AcceptedAnswerId=parent + 2),
        *(answer(parent + 1 + n, parent, n) for n in range(answers)),
    ]


def dump(*rows: str) -> bytes:
    return (HEAD + "".join(rows) + TAIL).encode()
