"""Drawings as files: PNG, SVG, or an HTML page that needs nothing beside it."""

import io
from collections.abc import Sequence
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

from mixer import storage
from pipelines.recipe_keys.problems import RecipeError

if TYPE_CHECKING:
    from matplotlib.figure import Figure

SUFFIXES = (".png", ".svg", ".html")
DOTS_PER_INCH = 144


def check_suffix(path: Path) -> None:
    """RecipeError for a file that cannot be drawn into."""
    if path.suffix not in SUFFIXES:
        raise RecipeError(f"--plot {path}: a file that ends in {', '.join(SUFFIXES[:-1])} or {SUFFIXES[-1]} is needed")


def write_figures(path: Path, figures: Sequence["Figure"], title: str) -> list[Path]:
    """Write the figures, and say where: one page of HTML holds all, other files one each, numbered where they are many.

    The same figures give the same bytes.
    """
    check_suffix(path)
    import matplotlib as mpl

    mpl.use("agg")
    mpl.rcParams["svg.hashsalt"] = "mixdown"
    if path.suffix == ".html":
        storage.write_bytes(str(path), _page(figures, title).encode())
        return [path]
    numbered = [path.with_stem(f"{path.stem}-{number}") for number in range(1, len(figures) + 1)]
    paths = [path] if len(figures) == 1 else numbered
    for each, figure in zip(paths, figures, strict=True):
        data = _png(figure) if path.suffix == ".png" else _svg(figure).encode()
        storage.write_bytes(str(each), data)
    return paths


def _png(figure: "Figure") -> bytes:
    data = io.BytesIO()
    figure.savefig(data, format="png", dpi=DOTS_PER_INCH)
    return data.getvalue()


def _svg(figure: "Figure") -> str:
    drawing = io.StringIO()
    figure.savefig(drawing, format="svg", metadata={"Date": None})
    return drawing.getvalue()


def _page(figures: Sequence["Figure"], title: str) -> str:
    drawings = "".join(drawing[drawing.index("<svg") :] for drawing in map(_svg, figures))
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{escape(title)}</title>'
        f'<meta name="viewport" content="width=device-width"><style>svg{{max-width:100%;height:auto}}</style>'
        f"<body><main><h1>{escape(title)}</h1>{drawings}</main></body></html>\n"
    )
