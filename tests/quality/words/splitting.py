"""Splitting strings with the compiled splitters, and texts that touch every rule."""

from typing import Any

import numpy as np
from hypothesis import strategies as st

from quality.words.split import split_words
from quality.words.tables import word_tables


def code_points_of(text: str) -> Any:
    return np.array([ord(character) for character in text], np.uint32)


def split(text: str, splitter: int) -> list[str]:
    starts, ends = np.empty((2, len(text)), np.int32)
    n_words = split_words(code_points_of(text), len(text), word_tables(), splitter, starts, ends)
    return [text[start:end] for start, end in zip(starts[:n_words], ends[:n_words], strict=True)]


# Pieces that rules ask for: affixes, infixes, special cases, parts of URLs, all lengths of UTF-8.
PIECES = [
    *"aZbñéßжЁ日ー한19٣²½ªº.,:;!?()[]{}<>\"'`´’‘“”«»-–—_~/\\|@#$%&*+=^°§€£₽…·。、",
    *[
        "..",
        "...",
        "……",
        "--",
        "---",
        "``",
        "''",
        "'s",
        "’S",
        "n't",
        "'ll",
        "°C.",
        "°F",
        "km",
        "km²",
        "kg",
        "US$",
        "A$",
    ],
    *["http://", "www.", "a.b", "://", "@", "user@x.com", "1.2.3.4", "10.0.0.1", "172.20.3.4", ":80", "/p?q#f", "co"],
    *["e.g.", "U.S.", "o.O", ":-)", ":)", "(^_^)", "8D", "0.0", "gonna", "don", "c++", "C++"],
    *["d'", "l’", "qu'", "-ce", "-t-il", "aujourd'hui", "anti", "entre", "EE.", "UU.", "z.B.", "Nr.", "т.", "д.", "и"],
    *["\u0301", "\u00ad", "\u200b", "😀", "👩\u200d💻", "\U0001f1e9", "ﬁ", "ǅ", "\x00", "\ufffd", "x" * 30],
]
GAPS = [" ", " ", " ", "  ", "\n", " \n ", "\u00a0", "\t", "\u3000"]

awkward_texts = st.lists(st.sampled_from(PIECES + GAPS), max_size=40).map("".join)


SENTENCES = """
I don't think she'll've gone, y'all; it's "gonna" cost US$5.00 (or €4,50)... e.g. 10km/h at 25°C. Mr. Smith's o.k.!
He said: "Let's meet at 10a.m./p.m., i.e. Jan. 5th--no later---" and left—quickly. U.S.A., Ph.D., D.C.'s well-known.
See https://www.example.com:8080/a_b/c?d=e#f, mail bob.smith@mail.example.co.uk, ftp://u:p@h.org/x or 8.8.8.8:53/y!
def f(x, *args): return [x[i:-1] for i in range(10)] if x != None else {"a": 1.5e-3, 'b': x**2}  # noqa: E501
git commit -m "fix(#123): don't" && ./run.sh --flag=value >/dev/null 2>&1; echo $? $HOME ~/.bashrc a.B c.d x,y X:y a/b
:-) :( ;_; o.O ^_^ <3 (╯°□°）╯︵┻━┻ 😀👍🏽 5* 3+4=7 2^10 1-2 a-b 50% #tag @user $9.99 £3m 100GB 3.5mm C++ .NET node.js
Das kostet z.B. 5,50 € (bzw. 6 Euro)! „Nein“, sagte er u.a. am 3.4.2020; Haus-/Hoftür, 's geht's? Dr. Müller ``so''.
L'été, aujourd'hui, qu'est-ce que c'est? Va-t-il venir, dit-elle; l’arc-en-ciel d'Entre-temps, M. Dupont, 5 % de 1 000 €.
¿Qué tal EE. UU.? ¡Hola! La Sra. Pérez, D. Juan y 3 km al N. del río: «así es», dijo a las 10 a.m. del s. XX.
В 1990-х гг. и т.д., и т. п., т.е. д-р физ.-мат. наук — г. Москва, ул. Ленина, д. 5; 10 руб., «так», за́мок.
委员会决定推迟会议，直到2024年。 全員が報告書を「注意深く」読む。 위원회는 회의를 연기하기로 결정했다(3월). ภาษาไทย ดี
""".strip().splitlines()
