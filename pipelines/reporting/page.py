"""The page: gathered content through one template into one self-contained HTML file."""

import re
import unicodedata
from itertools import count as counting
from typing import Any

import jinja2
from markupsafe import Markup, escape

# Characters that change how *other* text is shown or that HTML forbids; shown by their code instead of obeyed.
# Cc: control, Cf: format (bidirectional overrides, zero width), Cs: surrogate, Co and Cn: private and unassigned.
_HIDDEN_CATEGORIES = frozenset({"Cc", "Cf", "Cs", "Co", "Cn"})
_SHOWN_AS_THEY_ARE = frozenset("\n\t\u200c\u200d")  # the two joiners belong to Persian, Indic scripts and emoji


def render(content: dict[str, Any]) -> bytes:
    """The page as UTF-8. `content` has the names that `template/page.html.j2` uses; all of it is escaped."""
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("pipelines.reporting", "template"),
        autoescape=True,  # always: the texts are whatever people put on the web
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters |= {
        "breakable": breakable,
        "count": count,
        "percent": percent,
        "signed": signed,
        "size": size,
        "visible": visible,
    }
    numbers = counting(1)
    environment.globals["new_id"] = lambda: f"n{next(numbers)}"  # what a label or a description is found by
    page = environment.get_template("page.html.j2").render(content)
    return page.encode("utf-8", "replace")


def breakable(text: str) -> Markup:
    """`text` escaped, with places to break a line after the dots and underscores of a long name."""
    return Markup(re.sub(r"([._])", r"\1<wbr>", str(escape(text))))  # noqa: S704 escaped one step before


def count(value: float) -> str:
    """1234567 -> 1,234,567."""
    return f"{value:,.0f}"


def percent(share: float, digits: int = 1) -> str:
    """0.5 -> 50.0%."""
    return f"{share:.{digits}%}"


def signed(value: float) -> str:
    """An error with its sign, two digits; what rounds to zero has no sign."""
    rounded = round(value, 2)
    return f"{rounded:+.2f}".replace("-", "−") if rounded else "0.00"


def size(size_bytes: float) -> str:
    """Bytes in the binary unit that leaves fewest digits."""
    for unit in ("B", "KiB", "MiB", "GiB"):
        if size_bytes < 1024:
            return f"{size_bytes:,.0f} {unit}" if unit == "B" else f"{size_bytes:,.1f} {unit}"
        size_bytes /= 1024
    return f"{size_bytes:,.1f} TiB"


def visible(text: str) -> str:
    """`text` with characters that hide or reorder other text spelled as ⟨U+202E⟩; newlines and tabs stay."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(
        f"⟨U+{ord(character):04X}⟩"
        if unicodedata.category(character) in _HIDDEN_CATEGORIES and character not in _SHOWN_AS_THEY_ARE
        else character
        for character in text
    )
